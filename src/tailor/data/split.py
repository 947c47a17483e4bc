"""Which images go where: validation, test, a subset. Every draw is scikit-learn's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tailor.data.images import LabelledImages
from tailor.data.notes import listed
from tailor.errors import DataError


def split_indices(
    targets: Tensor,
    *,
    val_fraction: float,
    seed: int,
    stratify: bool = True,
    classes: Sequence[str] | None = None,
) -> tuple[Tensor, Tensor]:
    """Split into training and validation, each part in ascending order of index.

    The parts hold what `train_test_split(..., test_size=val_fraction, random_state=seed)` gives,
    with or without its `stratify`.

    Args:
        targets: [N] class indices.
        val_fraction: share of the images that goes to validation, in (0, 1).
        seed: the same seed gives the same split.
        stratify: whether each class keeps its share on both sides.
        classes: names for the message of an error; None gives numbers.

    Raises:
        DataError: a class would have no image on one of the two sides.
    """
    try:
        train, val = _draw(targets, seed=seed, stratify=stratify, test_size=val_fraction)
        _refuse_missing(targets, {"training": train, "validation": val}, classes)
    except ValueError as error:
        raise DataError(
            f"{len(targets)} training images cannot be split with "
            f"data.val_fraction={val_fraction}: {error} "
            "Choose a fraction that leaves each class an image on both sides"
            f"{'' if stratify else ', or data.stratify=true'}, or remove the class."
        ) from error
    return torch.from_numpy(train), torch.from_numpy(val)


def hold_out(
    targets: Tensor,
    *,
    split: str,
    fraction: float,
    seed: int,
    classes: Sequence[str] | None = None,
) -> Tensor:
    """Return the indices of one side of the fixed split of a dataset that has no test split.

    Args:
        targets: [N] class indices.
        split: `train` or `test`.
        fraction: share of each class that is the test split, in (0, 1).
        seed: of the draw; another seed makes another test split.
        classes: names for the message of an error; None gives numbers.

    Raises:
        DataError: a class would have no image on one of the two sides.
    """
    try:
        train, test = _draw(targets, seed=seed, stratify=True, test_size=fraction)
        _refuse_missing(targets, {"training": train, "test": test}, classes)
    except ValueError as error:
        raise DataError(
            f"{len(targets)} images cannot be divided into training and test with "
            f"data.source.test_fraction={fraction}: {error} "
            "Choose a fraction above 0 and below 1 that leaves each class an image on both sides, "
            "or remove the class."
        ) from error
    return torch.from_numpy(train if split == "train" else test)


def held_out(images: LabelledImages, *, split: str, fraction: float, seed: int) -> LabelledImages:
    """Return the images of one side; arguments and errors are those of `hold_out`."""
    return images.take(
        hold_out(images.targets, split=split, fraction=fraction, seed=seed, classes=images.classes)
    )


def subset_indices(targets: Tensor, *, size: int, seed: int) -> Tensor:
    """Return `size` indices in ascending order, each class at its share.

    Raises:
        DataError: `size` is not in [1, N], or leaves a class without an image.
    """
    from sklearn.utils import resample  # a second to import

    if not 1 <= size <= len(targets):
        raise DataError(
            f"data.subset must be in 1 to {len(targets)}, the number of training images, or null "
            f"for all of them, got {size}."
        )
    chosen = resample(
        np.arange(len(targets)),
        replace=False,
        n_samples=size,
        random_state=seed,
        stratify=targets.numpy(),
    )
    indices = torch.from_numpy(np.sort(chosen))
    missing = len(targets.unique()) - len(targets[indices].unique())
    if missing:
        raise DataError(
            f"data.subset={size} would leave {missing} of {len(targets.unique())} classes without "
            "an image. Choose a larger number, or null for all images."
        )
    return indices


def _draw(
    targets: Tensor, *, seed: int, stratify: bool, **sizes: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from sklearn.model_selection import train_test_split  # a second to import

    first, second = train_test_split(
        np.arange(len(targets)),
        random_state=seed,
        stratify=targets.numpy() if stratify else None,
        **sizes,
    )
    return np.sort(first), np.sort(second)


def _refuse_missing(
    targets: Tensor, sides: Mapping[str, NDArray[np.int64]], classes: Sequence[str] | None
) -> None:
    """Check what a draw gave: stratified, a share of less than half an image may come to none."""
    counts = torch.bincount(targets)
    for side, indices in sides.items():
        found = torch.bincount(targets[torch.from_numpy(indices)], minlength=len(counts))
        missing = ((counts > 0) & (found == 0)).nonzero().flatten().tolist()
        if missing:
            named = [
                f"{repr(classes[index]) if classes else index} ({int(counts[index])} in all)"
                for index in missing
            ]
            raise ValueError(f"there would be no {side} image of class {listed(named)}.")
