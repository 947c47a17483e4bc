"""Building a network from a model config, and initialising it from the training images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from tailor.addresses import build
from tailor.errors import ModelError

MAX_VALUES = 1_000_000
"""Values of the images that layers are initialised from, about 1,300 images of 28 x 28 pixels."""


@runtime_checkable
class MadeFromImages(Protocol):
    """A layer whose weights depend on the training images."""

    def initialise_from(self, images: Tensor) -> None:
        """Set the weights from normalised images, [N, C, H, W] float32."""


def build_model(
    config: Mapping[str, Any], *, in_shape: Sequence[int], num_classes: int, seed: int
) -> nn.Module:
    """Build the network that `config` names, its weights initialised from `seed` alone.

    Args:
        config: `_target_`, a class that takes `in_shape` and `num_classes`, and its arguments.
        in_shape: channels, height and width of an image.
        num_classes: K, the length of the logits.
        seed: the same seed gives the same weights; the global generator is not changed.

    Raises:
        ModelError: the target is not a network, or does not fit the images.
    """
    with torch.random.fork_rng(devices=[]):  # the weights are drawn on the CPU
        torch.manual_seed(seed)
        model = build("model", config, in_shape=list(in_shape), num_classes=num_classes)
    if not isinstance(model, nn.Module):
        raise ModelError(
            f"model._target_ must name a torch.nn.Module, got {config.get('_target_')!r}, which "
            f"returned a {type(model).__name__}."
        )
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def initialise(model: nn.Module, images: Tensor, normalise: Callable[[Tensor], Tensor]) -> None:
    """Initialise the layers of a network that depend on the data.

    Args:
        model: its layers that are `MadeFromImages` are called with normalised images.
        images: [N, C, H, W] training images, evenly sampled if there are many.
        normalise: returns images as the network sees them.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, MadeFromImages)]
    if layers:
        step = -(-images.numel() // MAX_VALUES)
        sample = normalise(images[::step])
        for layer in layers:
            layer.initialise_from(sample)
