from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tailor.data import LabelledImages
from tailor.data.sources.npz import npz
from tailor.errors import DataError
from tests.datasets import random_images

IMAGES, TARGETS = random_images(60, (6, 5))


def read(root: Path, split: str = "train", **changes: Any) -> LabelledImages:
    arguments: dict[str, Any] = {
        "path": "data.npz",
        "train_keys": None,
        "test_keys": None,
        "layout": None,
        "classes": None,
        "scale": 1,
        "test_fraction": 0.5,
        "test_seed": 0,
    }
    return npz(split=split, root=str(root), **arguments | changes)


def save(root: Path, **arrays: Any) -> Path:
    np.savez(root / "data.npz", **arrays)
    return root


@pytest.mark.parametrize(
    ("images", "options", "shape"),
    [
        (IMAGES, {}, (1, 6, 5)),
        (IMAGES.astype(np.int64), {}, (1, 6, 5)),
        (IMAGES.astype(np.float32), {}, (1, 6, 5)),
        (IMAGES / 255, {"scale": 255}, (1, 6, 5)),
        (IMAGES[..., None], {}, (1, 6, 5)),
        (IMAGES[:, None], {}, (1, 6, 5)),
        (np.asfortranarray(IMAGES), {}, (1, 6, 5)),
        (np.stack([IMAGES] * 3, 1), {}, (3, 6, 5)),
        (np.stack([IMAGES] * 3, 3), {}, (3, 6, 5)),
        (IMAGES[:, :3, :3, None].repeat(3, 3), {"layout": "NHWC"}, (3, 3, 3)),
    ],
)
def test_forms_of_the_same_images(
    tmp_path: Path, images: np.ndarray, options: dict, shape: tuple[int, int, int]
) -> None:
    save(tmp_path, x_train=images, y_train=TARGETS, x_test=images, y_test=TARGETS)
    for split in ("train", "test"):
        result = read(tmp_path, split, **options)
        assert result.shape == shape
        channel = result.images[:, -1].numpy()
        np.testing.assert_array_equal(channel, IMAGES[:, : shape[1], : shape[2]])


@pytest.mark.parametrize(
    ("labels", "classes", "names"),
    [
        (TARGETS % 2, None, ("0", "1")),
        (TARGETS % 2 * 5.0, None, ("0", "5")),
        (TARGETS % 2 == 1, None, ("0", "1")),
        (np.array(["cat", "dog"])[TARGETS % 2], None, ("cat", "dog")),
        (np.array([b"cat", b"dog"])[TARGETS % 2], None, ("cat", "dog")),
        (TARGETS % 2, ["cat", "dog"], ("cat", "dog")),
        (TARGETS % 2, [0, 1], ("0", "1")),
    ],
)
def test_forms_of_the_same_labels(
    tmp_path: Path, labels: np.ndarray, classes: list[str] | None, names: tuple[str, ...]
) -> None:
    result = read(save(tmp_path, x_train=IMAGES, y_train=labels, x_test=IMAGES, y_test=labels))
    assert result.classes == names or classes
    result = read(tmp_path, classes=classes)
    assert result.classes == names
    assert result.targets.tolist() == (TARGETS % 2).tolist()


def test_named_arrays_and_a_test_split_held_back(tmp_path: Path) -> None:
    save(tmp_path, pixels=IMAGES, what=TARGETS, x_test=IMAGES, y_test=TARGETS)
    keys = {"train_keys": ["pixels", "what"]}
    train, test = (read(tmp_path, split, **keys) for split in ("train", "test"))
    assert (len(train), len(test)) == (30, 30)
    given = read(tmp_path, "test", **keys, test_keys=["x_test", "y_test"])
    assert len(given) == 60


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"a": IMAGES}, {}, "called x_train/y_train or .* it holds a"),
        ({"a": IMAGES}, {"train_keys": ["a", "b"]}, "has no array 'b', only a"),
        ({"x_train": IMAGES[0], "y_train": TARGETS}, {}, "NHW, NHWC.*array .N, height, width"),
        ({"x_train": IMAGES[..., None].repeat(4, 3), "y_train": TARGETS}, {}, r"images\[..., :3"),
        ({"x_train": IMAGES, "y_train": TARGETS * np.nan}, {}, "needs a label, got nan"),
        ({"x_train": IMAGES, "y_train": TARGETS}, {"layout": "NCHW"}, "NHW, NHWC, NCHW"),
        ({"x_train": IMAGES[..., None].repeat(2, 3), "y_train": TARGETS}, {}, "1 or 3 channels"),
        ({"x_train": IMAGES * np.nan, "y_train": TARGETS}, {}, "image 0: pixels must be finite"),
        ({"x_train": IMAGES * 2.0, "y_train": TARGETS}, {}, "must lie in 0 to 255"),
        ({"x_train": IMAGES / 255, "y_train": TARGETS}, {}, "must be whole.*scale=255"),
        ({"x_train": IMAGES, "y_train": TARGETS[:50]}, {}, "60 images and 50 labels"),
        ({"x_train": IMAGES, "y_train": np.eye(10)[TARGETS]}, {}, r"labels\.argmax"),
        ({"x_train": IMAGES, "y_train": TARGETS}, {"classes": ["a", "b"]}, "row 3: the label '2'"),
        ({"x_train": IMAGES[:0], "y_train": TARGETS[:0]}, {}, "at least one image"),
        ({"x_train": np.array([{}]), "y_train": TARGETS}, {}, "holds Python objects"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, arrays: dict, options: dict, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(save(tmp_path, **arrays), **options)


def test_a_class_that_training_lacks(tmp_path: Path) -> None:
    save(tmp_path, x_train=IMAGES, y_train=TARGETS % 9, x_test=IMAGES, y_test=TARGETS)
    with pytest.raises(DataError, match=r"row 10: the label '9' is not one of the 9 classes"):
        read(tmp_path, "test")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x_test": IMAGES[:, :5], "y_test": TARGETS},
            r"the shape \[6, 5\] of x_train, got \[5, 5",
        ),
        ({"x_test": IMAGES, "y_test": TARGETS[:9]}, r"each of the 60 images in x_test, .*\[9\]"),
    ],
)
def test_test_arrays_unlike_the_training_s_are_found_before_training(
    tmp_path: Path, arrays: dict, message: str
) -> None:
    save(tmp_path, x_train=IMAGES, y_train=TARGETS, **arrays)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_arrays_of_validation_are_mentioned(tmp_path: Path) -> None:
    names = ("train", "val", "test")
    arrays = {f"{name}_images": IMAGES for name in names}
    save(tmp_path, **arrays, **{f"{name}_labels": TARGETS for name in names})
    (note,) = read(tmp_path).notes
    assert "val_images and val_labels, which are not read" in note
    assert read(tmp_path, "test").notes == ()
    keys = {"test_keys": ["val_images", "val_labels"]}
    assert read(tmp_path, train_keys=["train_images", "train_labels"], **keys).notes == ()


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (np.eye(10)[TARGETS], r"one-hot: save labels\.argmax"),
        (np.eye(10, dtype=int)[TARGETS] + np.eye(10, dtype=int)[0], r"\[60, 10\]\.$"),
        (np.ones((60, 14), np.uint8), "several classes or none"),
        (np.zeros((60, 14), bool), "several classes or none"),
    ],
)
def test_labels_of_several_columns(tmp_path: Path, labels: np.ndarray, advice: str) -> None:
    with pytest.raises(DataError, match=advice):
        read(save(tmp_path, x_train=IMAGES, y_train=labels))


def test_names_of_labels_with_a_gap(tmp_path: Path) -> None:
    save(tmp_path, x_train=IMAGES, y_train=TARGETS % 2 * 5, x_test=IMAGES, y_test=TARGETS % 2 * 5)
    for names in (["a", "b"], {0: "a", 5: "b"}):
        for split in ("train", "test"):
            images = read(tmp_path, split, classes=names)
            assert images.classes == ("a", "b")
            assert images.targets.tolist() == (TARGETS % 2).tolist()
