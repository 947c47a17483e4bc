"""Image files in folders, one folder per class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.notes import listed, printable, skipped_note
from tailor.data.readers.ignored import is_ignored
from tailor.data.readers.labels import in_order, normal
from tailor.data.readers.picture import (
    HEIF_SUFFIXES,
    MAX_DARK_PEAK,
    PictureForm,
    open_picture,
    suffixes,
)
from tailor.data.readers.pictures import Pictures, read_pictures
from tailor.data.sources.split_folders import find_splits, subfolders
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
    background: str = "black",  # missing in configs of older runs
) -> LabelledImages:
    """Read images from one folder per class.

    Args:
        split: `train` or `test`.
        root: directory that `path` is relative to.
        path: holds `train/` and `test/` (or names such as `Training` and `test_set`), each with
            one folder per class; or it holds the classes' folders, and `test_fraction` of each
            class is held back by `test_seed`.
        size: side in pixels, or [height, width], to which images are scaled; None if all have
            the same size already.
        channels: 1 (grey) or 3 (colour).
        fit: `stretch`, `crop` or `pad`, if an image has another aspect ratio.
        test_fraction: used if there is no `test/`.
        test_seed: used if there is no `test/`.
        on_error: `skip` leaves out unreadable images.
        background: `black` or `white`, behind transparent pixels and around padded images.

    Raises:
        DataError: a folder is missing or empty, or images cannot be read; the message names them.
    """
    form = picture_form(size=size, channels=channels, fit=fit, background=background)
    skip = on_error == "skip"
    base = Path(root) / path
    if not base.is_dir():
        raise DataError(
            f"there is no folder {base.absolute()}. Set data.root and data.source.path to the "
            "location of a folder that holds train/ and test/, or one folder per class."
        )
    splits = find_splits(base)
    folders = _class_folders(splits.train)
    classes = in_order(set(folders))
    if splits.test is not None:
        _refuse_unknown_classes(splits.test, splits.train, classes)
    training = _read(splits.train, folders, classes, form, skip)
    training = replace(training, notes=splits.notes + training.notes)
    if splits.test is None:
        return held_out_images(training, split=split, fraction=test_fraction, seed=test_seed)
    if split == "train":
        _check_test_images(splits.test, training, sizes_must_match=form.size is None)
        return training
    form = replace(form, bits=training.source_bits)
    return _read(splits.test, _class_folders(splits.test), classes, form, skip)


def picture_form(
    *,
    size: int | Sequence[int] | None,
    channels: int,
    fit: str,
    background: str = "black",
    **_: object,
) -> PictureForm:
    """Return the form of every image, given the arguments of `image_folder`."""
    return PictureForm(channels=channels, size=_size(size), fit=fit, background=background)


def _size(size: int | Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(type(side) is int and side >= 1 for side in sides):
        raise DataError(
            "data.source.size must be a side in pixels, [height, width], or null, got "
            f"{size if isinstance(size, int) else list(size)}."
        )
    return sides[0], sides[1]


def _class_folders(folder: Path) -> dict[str, Path]:
    """Return the folder of each class by the class's name."""
    folders: dict[str, Path] = {}
    for name in subfolders(folder):
        if name != printable(name):
            raise DataError(
                f"{folder.absolute()} holds the folder {printable(name)}, whose name, that of a "
                "class, is not UTF-8. Rename it."
            )
        if normal(name) in folders:
            raise DataError(
                f"{folder} holds two folders called {normal(name)!r}, in two forms of Unicode. "
                "Merge them."
            )
        folders[normal(name)] = folder / name
    if not folders:
        raise DataError(f"{folder.absolute()} must hold a folder for each class, got none.")
    return folders


def _refuse_unknown_classes(testing: Path, training: Path, classes: Sequence[str]) -> None:
    """Compare the names of folders only, so that training decodes no image of the test split."""
    unknown = [name for name in _class_folders(testing) if name not in classes]
    if unknown:
        raise DataError(
            f"{testing} holds classes that the training data lacks: {listed(unknown)}. Add "
            f"them to {training} or remove them."
        )


def _check_test_images(testing: Path, training: LabelledImages, *, sizes_must_match: bool) -> None:
    """Refuse test folders without images; compare the header of one image if sizes must match."""
    path, *_ = (_image_files(inner).images[0] for inner in _class_folders(testing).values())
    if not sizes_must_match:
        return
    try:
        with open_picture(path) as file:
            width, height = file.size
    except OSError:
        return  # reported when the test split is read
    expected = training.shape[1:]
    if (height, width) not in (expected, expected[::-1]):  # a camera may have turned it
        raise DataError(
            f"{path} has {height} x {width} pixels, but the training images have "
            f"{expected[0]} x {expected[1]}. data.source.size gives all one size."
        )


def _read(
    folder: Path,
    folders: dict[str, Path],
    classes: tuple[str, ...],
    form: PictureForm,
    skip: bool,
) -> LabelledImages:
    """Read the folders of classes; targets are positions in `classes`."""
    files: list[Path] = []
    targets: list[int] = []
    left_out = _files_beside(folder)
    for target, name in enumerate(classes):
        if name in folders:
            class_files = _image_files(folders[name])
            files += class_files.images
            targets += [target] * len(class_files.images)
            left_out += class_files.left_out
    images = cached(
        f"folder-{folder.absolute().parent.name}-{folder.name}",
        files=files,
        settings={
            "folder": str(folder.absolute()),
            "classes": list(classes),
            "form": asdict(form),
            "skip": skip,
        },
        decode=lambda: _decode(files, targets, classes, form, skip, folder),
    )
    return replace(images, notes=_left_out_note(folder, left_out) + images.notes)


@dataclass(frozen=True)
class _Files:
    """The files of a class: images in order, and the number of others by kind."""

    images: list[Path]
    left_out: Counter[str]


def _image_files(folder: Path) -> _Files:
    """List a class's images at any depth, following links, and count the other files."""
    images: list[Path] = []
    left_out: Counter[str] = Counter()
    # A link back to one of these would add images of other classes, in an endless loop.
    above = (folder.absolute(), *folder.absolute().parents, *folder.resolve().parents)
    visited = {path.resolve() for path in above}
    for directory, inner, names in os.walk(folder, onerror=_raise, followlinks=True):
        inner[:] = sorted(name for name in inner if not is_ignored(name))
        for name in list(inner):
            target = Path(directory, name).resolve()
            if target in visited:
                inner.remove(name)
                left_out["linked folders that lie above or were read"] += 1
            visited.add(target)
        for name in names:
            if is_ignored(name):
                continue
            if _is_image(name):
                images.append(Path(directory, name))
            else:
                left_out[_kind(name)] += 1
    if not images:
        raise DataError(
            f"{folder} must hold images ({', '.join(sorted(suffixes())[:8])}, ...), got none"
            f"{f', only {_counted(left_out)}' if left_out else ''}. Remove the folder if it is "
            f"not a class.{_heif_advice(left_out)}"
        )
    return _Files(sorted(images), left_out)


def _raise(error: OSError) -> None:
    raise error


def _files_beside(folder: Path) -> Counter[str]:
    """Count the images beside the folders of classes."""
    beside = [entry for entry in folder.iterdir() if entry.is_file() and _is_image(entry.name)]
    return Counter({"beside the folders of classes": len(beside)}) if beside else Counter()


def _is_image(name: str) -> bool:
    return not is_ignored(name) and _suffix(name) in suffixes()


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _kind(name: str) -> str:
    return Path(name).suffix or "without an ending"


def _left_out_note(folder: Path, left_out: Counter[str]) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"{folder}: not read: {_counted(left_out)}.{_heif_advice(left_out)}",)


def _counted(kinds: Counter[str]) -> str:
    return listed([f"{count:,} {kind}" for kind, count in kinds.most_common()])


def _heif_advice(kinds: Counter[str]) -> str:
    if not {kind.lower() for kind in kinds} & HEIF_SUFFIXES:
        return ""
    return " To read images of phones (.heic): pip install pillow-heif."


def _decode(
    files: Sequence[Path],
    targets: Sequence[int],
    classes: tuple[str, ...],
    form: PictureForm,
    skip: bool,
    folder: Path,
) -> LabelledImages:
    pictures = read_pictures(files, form)
    faults = pictures.faults
    if not pictures.readable or (faults and not skip):
        raise DataError(
            f"{len(faults)} of {len(files)} images in {folder} cannot be read: {listed(faults)}. "
            "Remove them, or leave them out with data.on_error=skip."
        )
    return LabelledImages(
        images=torch.from_numpy(pictures.pixels),
        targets=torch.tensor(targets)[pictures.readable],
        classes=classes,
        notes=(
            *skipped_note(str(folder), "image", faults),
            *_clipped_note(folder, pictures),
            *_cut_note(folder, pictures.cut_peak),
        ),
        details=_depth_detail(folder, pictures.bits),
        source_bits=pictures.bits,
    )


def _depth_detail(folder: Path, bits: int | None) -> tuple[str, ...]:
    if bits is None:
        return ()
    return (f"{folder}: images of more than 8 bits are scaled from 0 to {(1 << bits) - 1:,}.",)


def _clipped_note(folder: Path, pictures: Pictures) -> tuple[str, ...]:
    if not pictures.clipped or pictures.bits is None:
        return ()
    return (
        f"{folder}: {pictures.clipped:,} images have values above {(1 << pictures.bits) - 1:,}, "
        "the white of the training images; these values were cut.",
    )


def _cut_note(folder: Path, peak: int | None) -> tuple[str, ...]:
    if peak is None or peak > MAX_DARK_PEAK:
        return ()
    return (
        f"{folder}: of colour images of 16 bits the upper 8 are read, in which these images use "
        f"{peak + 1} of 256 levels. Convert them to 8 bits first.",
    )
