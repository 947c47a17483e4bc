"""Building a network from a model config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from tailor.addresses import build
from tailor.errors import ModelError


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
