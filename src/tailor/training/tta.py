"""Test-time averaging: a network asked twice, about an image and about its mirror image."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from tailor.augment import Augmentation, Flip

log = logging.getLogger(__name__)


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


def asked_once(model: nn.Module) -> nn.Module:
    """Return the network itself: what `averaged` was given."""
    return model.network if isinstance(model, FlipAveraged) else model


def warn_unless_mirrored(steps: Iterable[Augmentation]) -> None:
    """Say so where no step of the augmentation mirrors images: the network never saw one then."""
    if not any(isinstance(step, Flip) and step.p > 0 for step in steps):
        log.warning(
            "training.tta averages over mirror images, and training shows none: accuracy may fall "
            "by points. Add augment=flip, or set training.tta=false; leave it where one of your "
            "own augmentations mirrors, or mirror images look alike."
        )
