"""Images and labels in one NumPy archive, as Keras, MedMNIST and `numpy.savez` write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.readers.labels import classes_of, names_of, targets_of
from tailor.data.readers.npz_file import array_names, read_array
from tailor.data.readers.pixels import CHANNELS, pixel_problem, to_pixels
from tailor.data.split import held_out_images
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE

# Usual names of the arrays of images and labels.
TRAIN_KEYS = (("x_train", "y_train"), ("train_images", "train_labels"), ("images", "labels"))
TEST_KEYS = (("x_test", "y_test"), ("test_images", "test_labels"))
LAYOUTS = ("NHW", "NHWC", "NCHW")


def npz(
    *,
    split: str,
    root: str,
    path: str,
    train_keys: Sequence[str] | None,
    test_keys: Sequence[str] | None,
    layout: str | None,
    classes: Sequence[object] | None,
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
        classes: names of the classes, where labels are these names or their positions 0, 1, ...;
            None takes the labels that occur in training.
        scale: factor that brings the pixels to the range 0 to 255.
        test_fraction: used if there are no test arrays.
        test_seed: used if there are no test arrays.

    Raises:
        DataError: the file is missing or damaged, or lacks images and labels that fit.
    """
    file = Path(root) / path
    if not file.is_file():
        raise DataError(
            f"there is no file {file.absolute()}. Set data.root (or {DATA_DIR_VARIABLE}) and "
            "data.source.path to its location."
        )
    class_names = names_of(classes)
    settings = {
        "path": str(file.absolute()),
        "layout": layout,
        "classes": class_names and list(class_names),
        "scale": scale,
    }

    def read(keys: Sequence[str], train_classes: Sequence[str] | None) -> LabelledImages:
        return cached(
            f"npz-{file.stem}-{keys[0]}",
            files=[file],
            settings={
                **settings,
                "keys": list(keys),
                "known": train_classes and list(train_classes),
            },
            decode=lambda: _decode(keys, train_classes),
        )

    def _decode(keys: Sequence[str], train_classes: Sequence[str] | None) -> LabelledImages:
        images_at, labels_at = f"{file}[{keys[0]}]", f"{file}[{keys[1]}]"
        labels = [str(label) for label in _labels(read_array(file, keys[1]), labels_at)]
        names = tuple(class_names or train_classes or classes_of(labels))
        return LabelledImages(
            images=torch.from_numpy(_images(read_array(file, keys[0]), layout, scale, images_at)),
            targets=torch.tensor(
                targets_of(labels, names, named=class_names is not None, where=labels_at),
                dtype=torch.int64,
            ),
            classes=names,
        )

    training = read(_keys(file, train_keys, TRAIN_KEYS), None)
    if test_keys or (train_keys is None and _usual_keys(file, TEST_KEYS)):
        if split == "train":
            return training
        return read(_keys(file, test_keys, TEST_KEYS), training.classes)
    return held_out_images(training, split=split, fraction=test_fraction, seed=test_seed)


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
            f"{list(labels.shape)}. One-hot labels: take their argmax."
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "latin-1")
    values: list[Any] = (labels.astype(int) if labels.dtype.kind == "b" else labels).tolist()
    return values


def _images(
    images: NDArray[Any], layout: str | None, scale: float, where: str
) -> NDArray[np.uint8]:
    layout = layout or _layout(images.shape)
    if layout not in LAYOUTS or len(layout) != images.ndim:
        raise DataError(
            f"{where} must hold images in one of the orders {', '.join(LAYOUTS)} with 1 or 3 "
            f"channels, got shape {list(images.shape)}. Set the order: data.source.layout=NHWC."
        )
    problem = pixel_problem(images, scale=scale) if len(images) else None
    if problem:
        raise DataError(f"{where}, image {problem[0]}: {problem[1]}.")
    pixels = to_pixels(images, scale=scale)
    pixels = pixels[:, None] if layout == "NHW" else pixels
    if layout == "NHWC":
        pixels = pixels.transpose(0, 3, 1, 2)
    if pixels.shape[1] not in CHANNELS:
        raise DataError(f"{where} must hold 1 or 3 channels, got {pixels.shape[1]}.")
    return np.array(pixels, order="C")  # a copy, because the file's bytes are read-only


def _layout(shape: tuple[int, ...]) -> str | None:
    if len(shape) == 3:
        return "NHW"
    if len(shape) != 4:
        return None
    last, first = shape[3] in CHANNELS, shape[1] in CHANNELS
    return None if last == first else "NHWC" if last else "NCHW"
