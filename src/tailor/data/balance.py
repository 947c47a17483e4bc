"""How evenly the images are spread over the classes, and what evens it out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tailor.errors import DataError

NOTEWORTHY = 3.0  # largest to smallest class; below it an imbalance is not worth a line


def class_counts(targets: Tensor, num_classes: int) -> Tensor:
    """Return [K] int64, the number of images of each class."""
    return torch.bincount(targets, minlength=num_classes)


def class_weights(targets: Tensor, num_classes: int) -> Tensor:
    """Weights of the loss that let every class count the same: N / (K * images of the class).

    Args:
        targets: [N] class indices in [0, K).
        num_classes: K.

    Returns:
        [K] float32. Averaged over the images the weights are 1, so a learning rate keeps its
        meaning.

    Raises:
        DataError: a class has no image, and so no finite weight.

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
    """Images of the largest class for one of the smallest; 1 is balanced, `inf` has an empty one.

    Args:
        counts: [K] images of each class.
    """
    smallest = int(counts.min())
    return int(counts.max()) / smallest if smallest else float("inf")


def imbalance_note(targets: Tensor, classes: Sequence[str]) -> str | None:
    """Return one sentence about classes of very different size, None where they are alike."""
    counts = class_counts(targets, len(classes))
    ratio = imbalance(counts)
    if ratio < NOTEWORTHY:
        return None
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    return (
        f"unequal classes: {classes[largest]!r} has {int(counts[largest]):,} training images, "
        f"{classes[smallest]!r} has {int(counts[smallest]):,} ({ratio:.1f} to 1). "
        "training.class_weights=balanced lets each class count the same."
    )
