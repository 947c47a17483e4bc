"""Building blocks of the networks."""

from __future__ import annotations

from math import gcd

from torch import nn

from tailor.errors import ModelError

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
MAX_GROUPS = 8
MIN_GROUP_CHANNELS = 4
"""Normalising one or two values alone would leave nothing, or only a sign."""


def activation(name: str) -> nn.Module:
    # In place: no other backward pass needs an activation's input here (a norm's output, a sum).
    return nn.ReLU(inplace=True) if name == "relu" else ACTIVATIONS[name]()


def norm(name: str, channels: int, *, ndim: int) -> nn.Module:
    """Return the normalisation of `channels` features: over maps (`ndim` 2) or vectors (0).

    Raises:
        ModelError: group norm of a single unit, whose output would always be 0.
    """
    if name == "none":
        return nn.Identity()
    if name == "group":
        if ndim == 0 and channels == 1:
            raise ModelError("`model.norm=group` needs layers of 2 neurons or more, got 1.")
        return nn.GroupNorm(_groups(channels) if ndim == 2 else 1, channels)
    return nn.BatchNorm2d(channels) if ndim == 2 else nn.BatchNorm1d(channels)


def _groups(channels: int) -> int:
    groups = gcd(MAX_GROUPS, channels)
    while groups > 1 and channels // groups < MIN_GROUP_CHANNELS:
        groups //= 2
    return groups


def widths(neurons: int | list[int], num_layers: int) -> list[int]:
    """Return the width of each block, for one width or a list of them."""
    return [neurons] * num_layers if isinstance(neurons, int) else list(neurons)


def dense(
    in_features: int, out_features: int, *, norm_name: str, activation_name: str, dropout: float
) -> nn.Sequential:
    """A linear layer with its normalisation, activation and dropout."""
    return nn.Sequential(
        nn.Linear(in_features, out_features, bias=norm_name == "none"),
        norm(norm_name, out_features, ndim=0),
        activation(activation_name),
        nn.Dropout(dropout),
    )
