from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tailor.data import LabelledImages
from tailor.data.sources import folder
from tailor.data.sources.folder import image_folder
from tailor.errors import DataError
from tests.datasets import random_images, write_folder

CLASSES = ("ant", "bee", "cow")


def read(root: Path, split: str = "train", **changes: Any) -> LabelledImages:
    arguments: dict[str, Any] = {
        "path": ".",
        "size": 4,
        "channels": 1,
        "fit": "stretch",
        "test_fraction": 0.25,
        "test_seed": 0,
        "on_error": "raise",
    }
    return image_folder(split=split, root=str(root), **arguments | changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    base = tmp_path / "root"
    write_folder(base, *random_images(24, (4, 4), num_classes=3), CLASSES)
    return base


def test_classes_are_the_folders_in_order(root: Path) -> None:
    images = read(root, size=None)
    assert images.classes == CLASSES
    assert len(images) == 18


def test_other_files_and_hidden_ones_are_no_images(root: Path) -> None:
    (root / "ant" / "notes.txt").write_text("x")
    (root / "ant" / ".hidden.png").write_text("x")
    (root / ".git").mkdir()
    (root / "list.csv").touch()
    assert len(read(root)) == 18


def test_folders_in_a_class_are_searched(root: Path) -> None:
    deeper = root / "ant" / "deeper"
    deeper.mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(deeper / "x.JPG")
    assert len(read(root)) + len(read(root, "test")) == 25


def test_train_may_be_a_class(root: Path) -> None:
    (root / "bee").rename(root / "train")
    assert read(root).classes == ("ant", "cow", "train")


def test_unreadable_images_are_named_or_skipped(root: Path) -> None:
    (root / "ant" / "0000.png").write_bytes(b"")
    (root / "bee" / "0001.png").write_bytes(b"no image")
    (root / "cow" / "0002.png").write_bytes((root / "cow" / "0002.png").read_bytes()[:40])
    with pytest.raises(DataError) as caught:
        read(root)
    message = str(caught.value)
    assert message.startswith("3 of 24 images in")
    assert f"{root / 'ant' / '0000.png'}: the file is empty" in message
    assert f"{root / 'bee' / '0001.png'}: not an image of a known format" in message
    assert "data.on_error=skip" in message
    train, test = (read(root, split, on_error="skip") for split in ("train", "test"))
    assert len(train) + len(test) == 21
    for images in (train, read(root, on_error="skip")):  # decoded, then from the cache
        (note,) = images.notes
        assert "skipped 3 images (data.on_error=skip)" in note
        assert "0000.png" in note


def test_sizes_that_differ_need_one_to_be_given(root: Path) -> None:
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(root / "bee" / "tall.png")
    with pytest.raises(
        DataError, match=r"tall\.png: 5 x 4 pixels, but .* has 4 x 4 .*source.size"
    ):
        read(root, size=None)
    assert len(read(root)) == 18


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "nowhere"}, "there is no folder"),
        ({"path": "ant"}, "must hold a folder for each class"),
        ({"size": 0}, "data.source.size must be"),
        ({"size": [3]}, r"data.source.size must be .*, got \[3\]"),
        ({"channels": 4}, "data.source.channels must be 1"),
        ({"fit": "squeeze"}, "one of stretch, crop, pad, got 'squeeze'"),
    ],
)
def test_settings_that_do_not_fit(root: Path, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(root, **change)


def test_an_empty_class(root: Path) -> None:
    (root / "dog").mkdir()
    with pytest.raises(DataError, match=r"dog must hold images .*, got none"):
        read(root)


def test_a_test_class_that_training_lacks_stops_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "test"):
        write_folder(tmp_path / split, *random_images(12, (4, 4), num_classes=3), CLASSES)
    assert len(read(tmp_path)) == 12
    (tmp_path / "test" / "dog").mkdir()
    monkeypatch.setattr(folder, "read_pictures", lambda *_: pytest.fail("an image was read"))
    with pytest.raises(DataError, match="classes that the training data lacks: dog"):
        read(tmp_path)


def test_a_training_class_may_be_absent_from_test(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *random_images(12, (4, 4), num_classes=3), CLASSES)
    write_folder(tmp_path / "test", *random_images(12, (4, 4), num_classes=2), CLASSES[1:])
    images = read(tmp_path, "test")
    assert images.classes == CLASSES
    assert set(images.targets.tolist()) == {1, 2}


def test_an_added_image_is_seen(root: Path) -> None:
    read(root)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(root / "bee" / "new.png")
    assert len(read(root)) + len(read(root, "test")) == 25
