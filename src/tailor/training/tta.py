"""Test-time augmentation: averaging a network's outputs for an image and its mirror image."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from tailor.augment import Augmentation, Flip

log = logging.getLogger(__name__)


class FlipAveraged(nn.Module):
    """Mean output of `network` for an image and its mirror image.

    The head is linear, so the mean of the logits is the head applied to the mean features:
    `features` and `head` keep their meaning. The mirror image is evaluated first, so that a hook
    that stores the last feature map stores that of the image itself.
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
    """Return the network to evaluate: averaged over mirror images if `tta`."""
    return FlipAveraged(model) if tta else model


def asked_once(model: nn.Module) -> nn.Module:
    """Undo `averaged`: return the network without averaging."""
    return model.network if isinstance(model, FlipAveraged) else model


def warn_unless_mirrored(steps: Iterable[Augmentation]) -> None:
    """Warn if no augmentation mirrors images: the network is then not trained on mirror images."""
    if not any(isinstance(step, Flip) and step.p > 0 for step in steps):
        log.warning(
            "training.tta averages over mirror images, but no augmentation mirrors the training "
            "images: accuracy may drop by points. Add augment=flip, or set training.tta=false. "
            "Ignore this if a custom augmentation mirrors, or if mirror images look alike."
        )
