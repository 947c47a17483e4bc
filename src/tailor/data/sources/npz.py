"""Images and labels in one NumPy archive, as written by Keras, MedMNIST and `numpy.savez`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.naming import Classes, named, naming_of
from tailor.data.readers.labels import encoded
from tailor.data.readers.npz_file import array_names, array_shape, read_array
from tailor.data.readers.pixels import CHANNELS, pixel_problem, to_pixels
from tailor.data.sources.arguments import LAYOUTS, check_arguments
from tailor.data.split import held_out_images
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE

# Usual names of the arrays of images and labels.
TRAIN_KEYS = (("x_train", "y_train"), ("train_images", "train_labels"), ("images", "labels"))
TEST_KEYS = (("x_test", "y_test"), ("test_images", "test_labels"))
VAL_KEYS = (("x_val", "y_val"), ("x_valid", "y_valid"), ("val_images", "val_labels"))


def npz(
    *,
    split: str,
    root: str,
    path: str,
    train_keys: Sequence[str] | None,
    test_keys: Sequence[str] | None,
    layout: str | None,
    classes: Classes,
    scale: float,
    test_fraction: float,
    test_seed: int,
) -> LabelledImages:
    """Read images from an `.npz` file.

    Args:
        split: `train` or `test`.
        root: directory that `path` is relative to.
        path: the file.
        train_keys: names of the arrays of images and of labels; None tries the usual ones.
        test_keys: likewise; None tries the usual ones, if `train_keys` is None too. Without test
            arrays, `test_fraction` of each class is held back by `test_seed`.
        layout: order of the images' axes, one of NHW, NHWC, NCHW; None infers it.
        classes: names of the classes: a mapping by label, or a list whose labels are these names,
            their positions 0, 1, ..., or as many other integers in order; None takes the labels
            that occur in training.
        scale: factor that brings the pixels to the range 0 to 255.
        test_fraction: used if there are no test arrays.
        test_seed: used if there are no test arrays.

    Raises:
        DataError: the file is missing or damaged, or lacks images and labels that fit.
    """
    check_arguments(
        **{"root": root, "path": path, "train_keys": train_keys, "test_keys": test_keys},
        **{"layout": layout, "classes": classes, "scale": scale},
    )
    file = Path(root) / path
    if not file.is_file():
        raise DataError(
            f"there is no file {file.absolute()}. Set data.root (or {DATA_DIR_VARIABLE}) and "
            "data.source.path to its location."
        )
    keys = _keys(file, train_keys, TRAIN_KEYS)
    testing_keys: Sequence[str] | None = None
    if test_keys or (train_keys is None and _usual_keys(file, TEST_KEYS)):
        testing_keys = _keys(file, test_keys, TEST_KEYS)
        _require_same_shape(file, keys, testing_keys)
    training = _read(file, keys, layout, scale)
    naming = naming_of(training.classes, classes, where=f"{file}[{keys[1]}]")
    if testing_keys and split == "test":
        testing = _read(file, testing_keys, layout, scale)
        return named(testing, naming, where=f"{file}[{testing_keys[1]}]")
    training = named(training, naming, where=f"{file}[{keys[1]}]")
    training = replace(training, notes=training.notes + _val_note(file, (keys, testing_keys)))
    if testing_keys:
        return training
    return held_out_images(training, split=split, fraction=test_fraction, seed=test_seed)


def _read(file: Path, keys: Sequence[str], layout: str | None, scale: float) -> LabelledImages:
    """Read two arrays; the classes are the labels that occur."""
    return cached(
        f"npz-{file.stem}-{keys[0]}",
        files=[file],
        settings={
            "path": str(file.absolute()),
            "layout": layout,
            "scale": scale,
            "keys": list(keys),
        },
        decode=lambda: _decode(file, keys, layout, scale),
    )


def _decode(file: Path, keys: Sequence[str], layout: str | None, scale: float) -> LabelledImages:
    images_at, labels_at = f"{file}[{keys[0]}]", f"{file}[{keys[1]}]"
    written = _labels(read_array(file, keys[1]), labels_at)
    labels, targets = encoded([str(label) for label in written])
    return LabelledImages(
        images=torch.from_numpy(_images(read_array(file, keys[0]), layout, scale, images_at)),
        targets=torch.tensor(targets, dtype=torch.int64),
        classes=labels,
    )


def _require_same_shape(file: Path, train_keys: Sequence[str], test_keys: Sequence[str]) -> None:
    """Compare the arrays' headers only: training reads no test image."""
    (_, *expected), (size, *got) = (
        array_shape(file, keys[0]) or (0,) for keys in (train_keys, test_keys)
    )
    if [side for side in got if side != 1] != [side for side in expected if side != 1]:
        raise DataError(
            f"{file}[{test_keys[0]}] must hold images of the shape {expected} of {train_keys[0]}, "
            f"got {got}."
        )
    labels = array_shape(file, test_keys[1])
    if labels[:1] != (size,):
        raise DataError(
            f"{file}[{test_keys[1]}] must hold one label for each of the {size} images in "
            f"{test_keys[0]}, got shape {list(labels)}."
        )


def _val_note(file: Path, used: Sequence[Sequence[str] | None]) -> tuple[str, ...]:
    keys = _usual_keys(file, VAL_KEYS)
    if not keys or keys in (tuple(pair) for pair in used if pair):
        return ()
    return (
        f"{file} also holds {keys[0]} and {keys[1]}, which are not read: validation is "
        "data.val_fraction of the training images.",
    )


def _usual_keys(path: Path, usual: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    present = array_names(path)
    return next((keys for keys in usual if set(keys) <= set(present)), None)


def _keys(
    path: Path, configured: Sequence[str] | None, usual: Sequence[tuple[str, str]]
) -> Sequence[str]:
    keys = configured or _usual_keys(path, usual)
    if not keys or len(keys) != 2:
        raise DataError(
            f"{path} must hold arrays of images and labels called "
            f"{' or '.join(map('/'.join, usual))}, or data.source.train_keys=[images,labels] must "
            f"name them; it holds {', '.join(array_names(path)[:20]) or 'none'}."
        )
    return keys


def _labels(labels: NDArray[Any], where: str) -> list[Any]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "buifUS":
        raise DataError(
            f"{where} must hold one number or string per image, got {labels.dtype} with shape "
            f"{list(labels.shape)}.{_label_advice(labels)}"
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "latin-1")
    values: list[Any] = (labels.astype(int) if labels.dtype.kind == "b" else labels).tolist()
    return values


def _label_advice(labels: NDArray[Any]) -> str:
    if labels.ndim != 2 or labels.dtype.kind not in "buif" or not np.isin(labels, (0, 1)).all():
        return ""
    if (labels.sum(axis=1) == 1).all():
        return " These labels are one-hot: save labels.argmax(axis=1) instead."
    return (
        " These labels give an image several classes or none; tailor gives each image one. Save "
        "one column (labels[:, 0]) to learn that class alone."
    )


def _images(
    images: NDArray[Any], layout: str | None, scale: float, where: str
) -> NDArray[np.uint8]:
    order = layout or _layout(images.shape)
    if order is None or len(order) != images.ndim:
        chosen = f" and data.source.layout={layout}" if layout else ""
        raise DataError(
            f"{where} must hold images in one of the orders {', '.join(LAYOUTS)} with 1 or 3 "
            f"channels, got shape {list(images.shape)}{chosen}. {_layout_advice(images.shape)}"
        )
    problem = pixel_problem(images, scale=scale) if len(images) else None
    if problem:
        raise DataError(f"{where}, image {problem[0]}: {problem[1]}.")
    pixels = to_pixels(images, scale=scale)
    pixels = pixels[:, None] if order == "NHW" else pixels
    if order == "NHWC":
        pixels = pixels.transpose(0, 3, 1, 2)
    if pixels.shape[1] not in CHANNELS:
        raise DataError(f"{where} must hold 1 or 3 channels, got {pixels.shape[1]}.")
    return np.array(pixels, order="C")  # a copy, because the file's bytes are read-only


def _layout_advice(shape: tuple[int, ...]) -> str:
    if len(shape) == 3:
        return "Set the order: data.source.layout=NHW."
    if len(shape) != 4:
        return "Save them as an array [N, height, width]."
    if shape[1] in CHANNELS or shape[3] in CHANNELS:
        return "Set the order: data.source.layout=NHWC, or NCHW."
    if shape[3] == 4:
        return "If the fourth channel is transparency, save images[..., :3]."
    return "Save them with 1 or 3 channels."


def _layout(shape: tuple[int, ...]) -> str | None:
    if len(shape) == 3:
        return "NHW"
    if len(shape) != 4:
        return None
    last, first = shape[3] in CHANNELS, shape[1] in CHANNELS
    return None if last == first else "NHWC" if last else "NCHW"
