"""Drawing the validation split, a test split or a subset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from tailor.data.draws import Indices, drawn_once
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
    """Return the indices of the training and the validation split, each in ascending order.

    The split equals `train_test_split(..., test_size=val_fraction, random_state=seed)`, with or
    without its `stratify`.

    Args:
        targets: [N] class indices.
        val_fraction: share of the images for validation, in (0, 1).
        seed: the same seed gives the same split.
        stratify: whether both sides keep the class proportions.
        classes: names for error messages; None: class indices.

    Raises:
        DataError: a class would have no image on one of the two sides.
    """
    try:
        if stratify:
            _refuse_single_images(targets, classes)
        train, val = _draw(targets, seed=seed, stratify=stratify, test_size=val_fraction)
        _refuse_missing_classes(targets, {"training": train, "validation": val}, classes)
    except ValueError as error:
        raise DataError(
            f"{len(targets)} training images cannot be split with "
            f"data.val_fraction={val_fraction}: {_sentence(error)} "
            "Choose a fraction that leaves each class an image on both sides"
            f"{'' if stratify else ', or data.stratify=true'}, or remove the class."
        ) from error
    return torch.from_numpy(train), torch.from_numpy(val)


def _sentence(error: ValueError) -> str:
    """An error's message with a full stop, which scikit-learn's lack."""
    return f"{str(error).rstrip('.')}."


def held_out_indices(
    targets: Tensor,
    *,
    split: str,
    fraction: float,
    seed: int,
    classes: Sequence[str] | None = None,
) -> Tensor:
    """Return the indices of one side of a fixed split, for a dataset without a test split.

    Args:
        targets: [N] class indices.
        split: `train` or `test`.
        fraction: share of each class for the test split, in (0, 1).
        seed: another seed gives another test split.
        classes: names for error messages; None: class indices.

    Raises:
        DataError: an argument is out of bounds, or a class would have no image on one of the two
            sides.
    """
    if not isinstance(fraction, float) or not 0 < fraction < 1:
        raise DataError(
            f"`data.source.test_fraction` must be above 0 and below 1, got {fraction!r}."
        )
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise DataError(
            f"`data.source.test_seed` must be a whole number in [0, 2**32), got {seed!r}."
        )
    try:
        _refuse_single_images(targets, classes)
        train, test = _draw(targets, seed=seed, stratify=True, test_size=fraction)
        _refuse_missing_classes(targets, {"training": train, "test": test}, classes)
    except ValueError as error:
        raise DataError(
            f"{len(targets)} images cannot be split into training and test with "
            f"data.source.test_fraction={fraction}: {_sentence(error)} "
            "Choose a fraction that leaves each class an image on both sides, or remove the class."
        ) from error
    return torch.from_numpy(train if split == "train" else test)


def held_out_images(
    images: LabelledImages, *, split: str, fraction: float, seed: int
) -> LabelledImages:
    """Return the images of one side; arguments and errors are those of `held_out_indices`."""
    indices = held_out_indices(
        images.targets, split=split, fraction=fraction, seed=seed, classes=images.classes
    )
    return images.take(indices)


def subset_indices(
    targets: Tensor, *, size: int, seed: int, classes: Sequence[str] | None = None
) -> Tensor:
    """Return `size` indices in ascending order, in the class proportions.

    Args:
        targets: [N] class indices.
        size: number of indices.
        seed: another seed draws another subset.
        classes: names for error messages; None: class indices.

    Raises:
        DataError: `size` is not in [1, N], or leaves a class without an image.
    """
    if not 1 <= size <= len(targets):
        raise DataError(
            f"data.subset must be in 1 to {len(targets)}, the number of training images, or null "
            f"for all of them, got {size}."
        )
    settings = {"subset": size, "seed": seed}
    (chosen,) = drawn_once(targets, settings, lambda: (_resampled(targets, size, seed),))
    indices = torch.from_numpy(chosen)
    present = set(targets[indices].tolist())
    missing = [target for target in targets.unique().tolist() if target not in present]
    if missing:
        raise DataError(
            f"data.subset={size} would leave {len(missing)} of {len(targets.unique())} classes "
            f"without an image: {listed([_name(target, classes) for target in missing])}. Choose "
            "a larger number, or null for all images."
        )
    return indices


def _resampled(targets: Tensor, size: int, seed: int) -> Indices:
    from sklearn.utils import resample  # takes two seconds to import

    chosen: Indices = resample(
        np.arange(len(targets)),
        replace=False,
        n_samples=size,
        random_state=seed,
        stratify=targets.numpy(),
    )
    return np.sort(chosen)


def _draw(
    targets: Tensor, *, seed: int, stratify: bool, test_size: float
) -> tuple[Indices, Indices]:
    def draw() -> tuple[Indices, ...]:
        from sklearn.model_selection import train_test_split  # takes two seconds to import

        sides = train_test_split(
            np.arange(len(targets)),
            random_state=seed,
            stratify=targets.numpy() if stratify else None,
            test_size=test_size,
        )
        return tuple(np.sort(side) for side in sides)

    settings = {"seed": seed, "stratify": stratify, "test_size": test_size}
    first, second = drawn_once(targets, settings, draw)
    return first, second


def _refuse_single_images(targets: Tensor, classes: Sequence[str] | None) -> None:
    """Refuse a class with one image; scikit-learn's error would only give its index."""
    single = (torch.bincount(targets) == 1).nonzero().flatten().tolist()
    if single:
        named = listed([_name(index, classes) for index in single])
        raise ValueError(f"there is only one image of class {named}.")


def _name(target: int, classes: Sequence[str] | None) -> str:
    return repr(classes[target]) if classes else str(target)


def _refuse_missing_classes(
    targets: Tensor, sides: Mapping[str, Indices], classes: Sequence[str] | None
) -> None:
    """Refuse a split in which, by rounding, a class has no image on a side."""
    counts = torch.bincount(targets)
    for side, indices in sides.items():
        side_counts = torch.bincount(targets[torch.from_numpy(indices)], minlength=len(counts))
        missing = ((counts > 0) & (side_counts == 0)).nonzero().flatten().tolist()
        if missing:
            named = [f"{_name(index, classes)} ({int(counts[index])} in all)" for index in missing]
            raise ValueError(f"there would be no {side} image of class {listed(named)}.")
