"""The balance of classes: counts, imbalance, and weights of the loss to compensate for it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tailor.errors import DataError

MIN_REPORTED_IMBALANCE = 3.0
"""Ratio of the largest to the smallest class."""


def class_counts(targets: Tensor, num_classes: int) -> Tensor:
    """Return [K] int64, the number of images of each class."""
    return torch.bincount(targets, minlength=num_classes)


def class_weights(targets: Tensor, num_classes: int) -> Tensor:
    """Weights that give every class the same total in the loss: N / (K * images of the class).

    Args:
        targets: [N] class indices in [0, K).
        num_classes: K.

    Returns:
        [K] float32. Their mean over the images is 1, so the learning rate needs no change.

    Raises:
        DataError: a class has no image, so its weight would be infinite.

    Source: scikit-learn, `compute_class_weight("balanced", ...)`.
    """
    counts = class_counts(targets, num_classes)
    if (counts == 0).any():
        missing = (counts == 0).nonzero().flatten().tolist()
        raise DataError(
            f"balanced class weights need an image of each class, got none of {missing}."
        )
    return (len(targets) / (num_classes * counts.double())).float()


def imbalance(counts: Tensor) -> float:
    """Ratio of the largest to the smallest class; 1 is balanced, `inf` means an empty class.

    Args:
        counts: [K] images of each class.
    """
    smallest = int(counts.min())
    return int(counts.max()) / smallest if smallest else float("inf")


def imbalance_note(targets: Tensor, classes: Sequence[str]) -> str | None:
    """Return a sentence about classes of very different size, or None."""
    counts = class_counts(targets, len(classes))
    ratio = imbalance(counts)
    if ratio < MIN_REPORTED_IMBALANCE:
        return None
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    return (
        f"unequal classes: {classes[largest]!r} has {int(counts[largest]):,} training images, "
        f"{classes[smallest]!r} has {int(counts[smallest]):,} ({ratio:.1f} to 1). "
        "training.class_weights=balanced gives every class the same weight."
    )
