"""The keys of `model`, by kind of network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from omegaconf import MISSING

from hydra_tailor.bounds import ClosedSettings, bounded, broken, is_whole, one_of, ruled

NORMS = ("batch", "group", "none")
ACTIVATIONS = ("relu", "gelu", "silu")
POOLINGS = ("max", "avg", "stride")
HEAD_POOLINGS = ("max", "avg")
STEMS = ("conv", "whitened")
PADDINGS = ("same", "valid")


def _is_width(value: Any) -> bool:
    return is_whole(value) and value >= 1


def _are_widths(value: Any) -> bool:
    return all(map(_is_width, value)) if isinstance(value, (list, tuple)) else _is_width(value)


def _is_odd(value: Any) -> bool:
    return isinstance(value, int) and value >= 1 and value % 2 == 1


@dataclass
class ModelConfig(ClosedSettings):
    """Keys of every network sized by `num_layers` and `neurons`."""

    KEY: ClassVar[str] = "model"

    _target_: str = MISSING
    num_layers: int = bounded(at_least=1)
    """Hidden blocks before the head."""
    neurons: Any = ruled("an int of 1 or more, or a list of such ints, one per block", _are_widths)
    """Channels (cnn, resnet) or units (mlp) of a block: an int, or a list with one int per
    block."""
    dropout: float = bounded(at_least=0, below=1)
    """Probability of dropping a feature."""
    norm: str = one_of(NORMS)
    """Normalisation after each block's convolution or linear layer."""
    activation: str = one_of(ACTIVATIONS)

    def conflicts(self) -> list[str]:
        """Messages about settings that exclude each other."""
        if not isinstance(self.neurons, (list, tuple)) or len(self.neurons) == self.num_layers:
            return []
        rule = f"an int, or a list of {self.num_layers} ints, one per block of model.num_layers"
        return [broken("model.neurons", rule, self.neurons)]


@dataclass
class CnnConfig(ModelConfig):
    kernel_size: int = ruled("odd and 1 or more", _is_odd)
    """Side of a convolution's kernel, in pixels; odd, so that padding can preserve the size."""
    padding: str = one_of(PADDINGS)
    """`same` preserves height and width, `valid` does not pad."""
    pooling: str = one_of(POOLINGS)
    """How a block halves its map, as long as the map is larger than 1 x 1."""
    growth: float = bounded(at_least=1, at_most=4)
    """Factor on the channels after each block that pools; 1 keeps them, 2 doubles them."""
    head_layers: int = bounded(at_least=0)
    """Dense layers between the features and the final fully connected layer."""
    head_neurons: int = bounded(at_least=1)
    """Units of each dense layer of the head."""


@dataclass
class ResnetConfig(ModelConfig):
    growth: float = bounded(at_least=1, at_most=4)
    """Factor on the channels per stage."""
    head_pooling: str = one_of(HEAD_POOLINGS)
    """Global pooling of the last map."""
    head_scale: float = bounded(above=0)
    """Factor on the logits; a small one starts training at nearly uniform probabilities."""
    stem: str = one_of(STEMS, default="conv")
    """First layer: a trained convolution, or a fixed one that whitens patches of the training
    images, and a trained mixture of its outputs."""


@dataclass
class TorchvisionConfig(ClosedSettings):
    KEY: ClassVar[str] = "model"

    _target_: str = MISSING
    name: str = MISSING
    """Name of a torchvision classifier, as in `torchvision.models.list_models()`."""
    image_size: int | None = bounded(at_least=1, or_null=True)
    """Pixels per side to which images are scaled first; null leaves them as they are."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the network's builder."""
