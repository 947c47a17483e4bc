"""Test-time averaging: a network asked twice, about an image and about its mirror image."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class FlipAveraged(nn.Module):
    """Mean of what `network` says of an image and of its mirror image.

    With a linear head the mean of the logits is the head of the mean features, so `features` and
    `head` keep their meaning. The mirror image goes first: a hook that keeps the last map it saw
    keeps that of the image itself.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    @property
    def head(self) -> Any:
        return self.network.head

    def features(self, images: Tensor) -> Tensor:
        """Return [B, F] for [B, C, H, W] float."""
        extract: Any = self.network.features
        mirrored = extract(images.flip(-1))
        return (mirrored + extract(images)) / 2  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        mirrored = self.network(images.flip(-1))
        return (mirrored + self.network(images)) / 2  # type: ignore[no-any-return]


def averaged(model: nn.Module, *, tta: bool) -> nn.Module:
    """Return the network as `training.tta` wants it evaluated."""
    return FlipAveraged(model) if tta else model
