"""Find the folders of training and test images by the usual names of splits."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tailor.data.notes import listed
from tailor.data.readers.ignored import is_ignored
from tailor.errors import DataError

SPLIT_WORDS = {
    "train": {"train", "training", "trainset", "trainingset"},
    "test": {"test", "testing", "tests", "testset", "testingset"},
    "val": {"val", "valid", "validation", "dev", "valset", "validset", "validationset"},
}
FILLING_WORDS = {"set", "data", "dataset", "images", "image", "imgs", "split", "seg"}
"""Words that a split's name may also contain: `training_set`, `seg_train`."""
UNDERSTOOD = "train, training, train_set, seg_train and the like, in any case; likewise for test"


@dataclass(frozen=True)
class SplitFolders:
    """The folders of each split.

    Attributes:
        train: holds one folder per class.
        test: likewise; None without one.
        notes: sentences on folders that are left out.
    """

    train: Path
    test: Path | None
    notes: tuple[str, ...] = ()


def find_splits(base: Path) -> SplitFolders:
    """Return the training and test folders below `base`, or `base` itself if there are none.

    Raises:
        DataError: the folders are clearly splits, but it is unclear which is which.
    """
    base = _unnested(base)
    names = subfolders(base)
    with_classes = [name for name in names if subfolders(base / name)]
    splits: dict[str, list[str]] = defaultdict(list)
    for name in names:
        splits[_split_of(name) or ""].append(name)
    training = [name for name in splits["train"] if name in with_classes]
    if not training:
        _refuse_splits_as_classes(base, names, with_classes)
        return SplitFolders(base, None)
    testing = [name for name in splits["test"] if name in with_classes]
    for split, found in (("training", training), ("test", testing)):
        if len(found) > 1:
            raise DataError(
                f"{base} holds more than one folder of {split} images ({', '.join(found)}). "
                "Merge them, or move one elsewhere."
            )
    return SplitFolders(
        train=_unnested(base / training[0]),
        test=_unnested(base / testing[0]) if testing else None,
        notes=_notes(base, training[0], testing, splits),
    )


def subfolders(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, with linked ones, without system folders."""
    return sorted(
        entry.name for entry in folder.iterdir() if not is_ignored(entry.name) and entry.is_dir()
    )


def _split_of(name: str) -> str | None:
    """Return `train`, `test` or `val` if a folder's name means this and nothing else."""
    words = _words(name) - FILLING_WORDS
    return next((split for split, known in SPLIT_WORDS.items() if words and words <= known), None)


def _words(name: str) -> set[str]:
    return {word for word in re.split(r"[\W_0-9]+", name.casefold()) if word}


def _unnested(folder: Path) -> Path:
    """Return the inner of two nested folders with the same name, as in unpacked archives."""
    inner = subfolders(folder)
    return folder / folder.name if inner == [folder.name] else folder


def _refuse_splits_as_classes(
    base: Path, names: Sequence[str], with_classes: Sequence[str]
) -> None:
    plain = {_split_of(name) for name in names}
    all_mention = all(
        any(_words(name) & known for known in SPLIT_WORDS.values()) for name in names
    )
    if {"train", "test"} <= plain or (len(names) > 1 and all_mention):
        raise DataError(
            f"{base}: {', '.join(names)} look like splits, but none of them is a folder of "
            "training images with one folder per class in it. Call that one train (understood "
            f"are {UNDERSTOOD}), or set data.source.path to the folder that holds the classes' "
            "folders."
        )
    inside = [tuple(subfolders(base / name)) for name in names]
    if len(names) > 1 and len(with_classes) == len(names) and _are_same_classes(inside):
        raise DataError(
            f"{base}: each of the folders {listed(names)} holds the same folders "
            f"({listed(inside[0])}), so they look like splits and not like classes. Call them "
            f"train and test (understood are {UNDERSTOOD}), or set data.source.path to one of "
            "them."
        )


def _are_same_classes(inside: Iterable[tuple[str, ...]]) -> bool:
    different = set(inside)
    return len(different) == 1 and len(different.pop()) > 1


def _notes(
    base: Path, training: str, testing: Sequence[str], splits: dict[str, list[str]]
) -> tuple[str, ...]:
    notes = []
    if splits["val"]:
        notes.append(
            f"{base}: {', '.join(splits['val'])} is not read: validation is data.val_fraction of "
            f"the images in {training}."
        )
    used = {training, *testing}
    others = [
        name for split in ("", "train", "test") for name in splits[split] if name not in used
    ]
    if others:
        notes.append(
            f"{base}: not read, beside {' and '.join(sorted(used))}: {listed(sorted(others))}."
            + ("" if testing else " The test split is held out from the training images.")
        )
    return tuple(notes)
