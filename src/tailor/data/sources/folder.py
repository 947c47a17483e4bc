"""Image files in folders, one folder per class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.notes import listed, skipped_note
from tailor.data.readers.picture import PictureForm, suffixes
from tailor.data.readers.pictures import read_pictures
from tailor.data.split import held_out_images
from tailor.errors import DataError


def image_folder(
    *,
    split: str,
    root: str,
    path: str,
    size: int | Sequence[int] | None,
    channels: int,
    fit: str,
    test_fraction: float,
    test_seed: int,
    on_error: str,
) -> LabelledImages:
    """Read images from one folder per class.

    Args:
        split: `train` or `test`.
        root: directory that `path` is relative to.
        path: holds `train/` and `test/`, each with one folder per class; or the classes' folders
            themselves, and then `test_fraction` of each class is held back by `test_seed`.
        size: side in pixels, or [height, width], to which images are scaled; None if all have
            the same size already.
        channels: 1 (grey) or 3 (colour).
        fit: `stretch`, `crop` or `pad`, if an image has another aspect ratio.
        test_fraction: used if there is no `test/`.
        test_seed: used if there is no `test/`.
        on_error: `skip` leaves out unreadable images.

    Raises:
        DataError: a folder is missing or empty, or images cannot be read; the message names them.
    """
    form = picture_form(size=size, channels=channels, fit=fit)
    skip = on_error == "skip"
    base = Path(root) / path
    training, testing = _folders(base)
    classes = _class_names(training)
    if testing is not None:
        _refuse_unknown_classes(testing, classes)
    if split == "test" and testing is not None:
        present = [name for name in classes if (testing / name).is_dir()]
        return _read(testing, present, classes, form, skip)
    images = _read(training, classes, classes, form, skip)
    if testing is not None:
        return images
    return held_out_images(images, split=split, fraction=test_fraction, seed=test_seed)


def picture_form(
    *, size: int | Sequence[int] | None, channels: int, fit: str, **_: object
) -> PictureForm:
    """Return the size and channels that the arguments of `image_folder` give every image."""
    return PictureForm(channels=channels, size=_size(size), fit=fit)


def _size(size: int | Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(isinstance(side, int) and side >= 1 for side in sides):
        raise DataError(
            "data.source.size must be a side in pixels, [height, width], or null, got "
            f"{size if isinstance(size, int) else list(size)}."
        )
    return sides[0], sides[1]


def _folders(base: Path) -> tuple[Path, Path | None]:
    """Return the folder of training classes, and that of test classes, if there is one."""
    if not base.is_dir():
        raise DataError(
            f"there is no folder {base.absolute()}. Set data.root and data.source.path to the "
            "location of a folder that holds train/ and test/, or one folder per class."
        )
    training, testing = base / "train", base / "test"
    if not (training.is_dir() and _subfolders(training)):  # `train` may be a class: a vehicle
        return base, None
    return training, testing if testing.is_dir() and _subfolders(testing) else None


def _subfolders(folder: Path) -> list[str]:
    return sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."
    )


def _class_names(folder: Path) -> tuple[str, ...]:
    names = _subfolders(folder)
    if not names:
        raise DataError(f"{folder.absolute()} must hold a folder for each class, got none.")
    return tuple(names)


def _refuse_unknown_classes(testing: Path, classes: Sequence[str]) -> None:
    """Compare the names of folders only: training opens no image of the test split."""
    unknown = sorted(set(_subfolders(testing)) - set(classes))
    if unknown:
        raise DataError(
            f"{testing} holds classes that the training data lacks: {listed(unknown)}. Add "
            f"them to {testing.parent / 'train'} or remove them."
        )


def _read(
    folder: Path, present: Sequence[str], classes: Sequence[str], form: PictureForm, skip: bool
) -> LabelledImages:
    """Read the folders `present`, whose targets are their positions in `classes`."""
    files: list[Path] = []
    targets: list[int] = []
    for name in present:
        class_files = _image_files(folder / name)
        files += class_files
        targets += [classes.index(name)] * len(class_files)
    return cached(
        f"folder-{folder.absolute().parent.name}-{folder.name}",
        files=files,
        settings={
            "folder": str(folder.absolute()),
            "classes": list(classes),
            "form": asdict(form),
            "skip": skip,
        },
        decode=lambda: _decode(files, targets, tuple(classes), form, skip, folder),
    )


def _image_files(folder: Path) -> list[Path]:
    known = suffixes()
    files = [
        Path(directory, name)
        for directory, _, names in os.walk(folder)
        for name in names
        if name[0] != "." and "." + name.lower().rpartition(".")[2] in known
    ]
    if not files:
        raise DataError(
            f"{folder} must hold images ({', '.join(sorted(known)[:8])}, ...), got none. Remove "
            "the folder if it is not a class."
        )
    return sorted(files)


def _decode(
    files: Sequence[Path],
    targets: Sequence[int],
    classes: tuple[str, ...],
    form: PictureForm,
    skip: bool,
    folder: Path,
) -> LabelledImages:
    pixels, readable, faults = read_pictures(files, form)
    if len(readable) == 0 or (faults and not skip):
        raise DataError(
            f"{len(faults)} of {len(files)} images in {folder} cannot be read: {listed(faults)}. "
            "Remove them, or leave them out with data.on_error=skip."
        )
    return LabelledImages(
        images=torch.from_numpy(pixels),
        targets=torch.tensor(targets)[readable],
        classes=classes,
        notes=skipped_note(str(folder), "image", faults),
    )
