"""The keys of `model`, by kind of network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from tailor.config.checks import problems_of

NORMS = ("batch", "group", "none")
ACTIVATIONS = ("relu", "gelu", "silu")
POOLINGS = ("max", "avg", "stride")
PADDINGS = ("same", "valid")


def _widths(neurons: Any) -> list[int]:
    return list(neurons) if isinstance(neurons, (list, tuple)) else [neurons]


def _positive_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


@dataclass
class ModelConfig:
    """What every network sized by `num_layers` and `neurons` has."""

    _target_: str = MISSING
    num_layers: int = MISSING
    """Hidden blocks before the head, 1 or more."""
    neurons: Any = MISSING
    """Channels (cnn) or units (mlp) of a block: an int, or a list with one int a block."""
    dropout: float = MISSING
    """Probability of dropping a feature, in [0, 1)."""
    norm: str = MISSING
    """Normalisation after each block's convolution or linear layer."""
    activation: str = MISSING

    def problems(self) -> list[str]:
        widths = _widths(self.neurons)
        one_a_block = not isinstance(self.neurons, (list, tuple)) or len(widths) == self.num_layers
        return problems_of(
            [
                ("model.num_layers", self.num_layers, self.num_layers >= 1, "1 or more"),
                (
                    "model.neurons",
                    self.neurons,
                    all(map(_positive_int, widths)) and one_a_block,
                    f"an int of 1 or more, or a list of {self.num_layers} of them (one a block)",
                ),
                ("model.dropout", self.dropout, 0 <= self.dropout < 1, "in [0, 1)"),
                ("model.norm", self.norm, self.norm in NORMS, f"one of {', '.join(NORMS)}"),
                (
                    "model.activation",
                    self.activation,
                    self.activation in ACTIVATIONS,
                    f"one of {', '.join(ACTIVATIONS)}",
                ),
            ]
        )


@dataclass
class CnnConfig(ModelConfig):
    kernel_size: int = MISSING
    """Side of a convolution's kernel, in pixels; odd, so that padding can keep the size."""
    padding: str = MISSING
    """`same` keeps height and width through a convolution, `valid` pads nothing."""
    pooling: str = MISSING
    """How a block halves its map while the map is larger than 1 x 1."""
    growth: float = MISSING
    """Factor on the channels after each block that pools; 1 keeps them, 2 doubles them."""
    head_layers: int = MISSING
    """Dense layers between the features and the final fully connected layer."""
    head_neurons: int = MISSING
    """Units of each dense layer of the head."""

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                (
                    "model.kernel_size",
                    self.kernel_size,
                    self.kernel_size >= 1 and self.kernel_size % 2 == 1,
                    "odd and 1 or more",
                ),
                (
                    "model.padding",
                    self.padding,
                    self.padding in PADDINGS,
                    f"one of {', '.join(PADDINGS)}",
                ),
                (
                    "model.pooling",
                    self.pooling,
                    self.pooling in POOLINGS,
                    f"one of {', '.join(POOLINGS)}",
                ),
                ("model.growth", self.growth, 1 <= self.growth <= 4, "in [1, 4]"),
                ("model.head_layers", self.head_layers, self.head_layers >= 0, "0 or more"),
                ("model.head_neurons", self.head_neurons, self.head_neurons >= 1, "1 or more"),
            ]
        )


@dataclass
class ResnetConfig(ModelConfig):
    growth: float = MISSING
    """Factor on the channels a stage."""
    head_pooling: str = MISSING
    """How the last map becomes one number a channel: `max` or `avg`."""
    head_scale: float = MISSING
    """Factor on the logits, above 0; a small one starts with even probabilities."""

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                ("model.growth", self.growth, 1 <= self.growth <= 4, "in [1, 4]"),
                (
                    "model.head_pooling",
                    self.head_pooling,
                    self.head_pooling in ("max", "avg"),
                    "max or avg",
                ),
                ("model.head_scale", self.head_scale, self.head_scale > 0, "above 0"),
            ]
        )


@dataclass
class TorchvisionConfig:
    _target_: str = MISSING
    name: str = MISSING
    """Name of a torchvision classifier, as in `torchvision.models.list_models()`."""
    image_size: int | None = MISSING
    """Pixels a side that images are scaled to first; null leaves them as they are."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the network's builder."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "model.image_size",
                    self.image_size,
                    self.image_size is None or self.image_size >= 1,
                    "1 or more, or null",
                )
            ]
        )
