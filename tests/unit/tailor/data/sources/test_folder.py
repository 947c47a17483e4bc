from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tailor.data import LabelledImages
from tailor.data.sources import folder
from tailor.data.sources.folder import image_folder
from tailor.errors import DataError
from tests.datasets import deep_colour_png, random_images, write_folder

CLASSES = ("ant", "bee", "cow")


def read(root: Path, split: str = "train", **changes: Any) -> LabelledImages:
    arguments: dict[str, Any] = {
        "path": ".",
        "size": 4,
        "channels": 1,
        "fit": "stretch",
        "background": "black",
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


def save(path: Path, level: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4), level, np.uint8)).save(path)


@pytest.mark.parametrize("name", [".ipynb_checkpoints", ".@__thumb", "@eaDir", "__MACOSX"])
def test_folders_of_systems_are_no_part_of_a_class(root: Path, name: str) -> None:
    save(root / "ant" / name / "0-checkpoint.png")
    save(root / "ant" / "deeper" / name / "1.png")
    save(root / name / "2.png")
    assert sum(len(read(root, split)) for split in ("train", "test")) == 24


def test_linked_folders_are_read_once_and_circles_end(root: Path, tmp_path: Path) -> None:
    save(tmp_path / "elsewhere" / "x.png")
    (root / "ant" / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "ant" / "again").symlink_to(tmp_path / "elsewhere")
    (root / "ant" / "circle").symlink_to(root / "ant")
    (root / "bee" / "all").symlink_to(root)
    images = read(root)
    assert len(images) + len(read(root, "test")) == 25
    assert any("3 linked folders that lie above or were read" in note for note in images.notes)


def test_a_linked_class_is_a_class(root: Path, tmp_path: Path) -> None:
    (root / "cow").rename(tmp_path / "moved")
    (root / "cow").symlink_to(tmp_path / "moved")
    assert read(root).classes == CLASSES


def test_files_that_are_not_read_are_counted_by_kind(root: Path) -> None:
    for number in range(3):
        (root / "ant" / f"{number}.XYZ").touch()
        (root / "bee" / f"plain{number}").touch()
    (root / "ant" / "notes.txt").touch()
    (root / "ant" / "Thumbs.db").touch()
    save(root / "beside.png")
    for _ in range(2):  # decoded, then from the cache
        (note,) = read(root).notes
        assert note == (
            f"{root}: not read: 3 .XYZ; 3 without an ending; "
            "1 beside the folders of classes; 1 .txt."
        )


def test_images_of_phones(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.new("RGB", (64, 64), (200, 0, 0))).save(root / "ant" / "x.HEIC")
    assert len(read(root)) + len(read(root, "test")) == 25
    without = frozenset(folder.suffixes() - folder.HEIF_SUFFIXES)
    monkeypatch.setattr(folder, "suffixes", lambda: without)
    (note,) = read(root).notes
    assert "not read: 1 .HEIC. To read images of phones (.heic): pip install pillow-heif." in note


def test_numbers_as_names_are_in_the_order_of_numbers(root: Path) -> None:
    for old, new in zip(CLASSES, ("10", "9", "02"), strict=True):
        (root / old).rename(root / new)
    assert read(root).classes == ("02", "9", "10")


def test_names_are_compared_as_composed(tmp_path: Path) -> None:
    for split, name in (("train", "th\u00e9"), ("test", "the\u0301")):
        save(tmp_path / split / name / "a.png")
        save(tmp_path / split / "eau" / "a.png")
    assert read(tmp_path).classes == read(tmp_path, "test").classes == ("eau", "th\u00e9")
    assert read(tmp_path, "test").targets.tolist() == [0, 1]
    save(tmp_path / "train" / "the\u0301" / "b.png")
    with pytest.raises(DataError, match="two folders called 'th\u00e9'"):
        read(tmp_path)


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


def test_a_link_to_nowhere_is_skipped_as_a_damaged_image_is(root: Path) -> None:
    (root / "ant" / "gone.png").symlink_to(root / "nowhere.png")
    with pytest.raises(DataError, match=r"gone\.png: .*No such file.*data\.on_error=skip"):
        read(root)
    train, test = (read(root, split, on_error="skip") for split in ("train", "test"))
    assert len(train) + len(test) == 24
    assert "skipped 1 image" in train.notes[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names that are not Unicode")
def test_names_that_are_not_utf_8(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root / "ant") + b"/caf\xe9.png")).write_bytes(b"no image")
    (note,) = read(root, on_error="skip").notes
    assert r"caf\udce9.png" in note
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9")).mkdir()
    with pytest.raises(DataError, match=r"the folder caf\\udce9, whose name, .* is not UTF-8"):
        read(root)


def test_a_folder_that_cannot_be_read_is_not_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "ant" / "more").mkdir()
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("more"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="more"):
        read(root)


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
        ({"background": "pink"}, "one of black, white, got 'pink'"),
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


def save_deep(path: Path, values: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint16).reshape(2, 2)).save(path)


def test_deep_images_have_one_white_in_both_splits(tmp_path: Path) -> None:
    """A dark image stays dark beside a light one, also if it is alone in the test split."""
    save_deep(tmp_path / "train" / "a" / "0.png", [0, 200, 100, 0])
    save_deep(tmp_path / "train" / "b" / "0.png", [0, 4095, 2000, 0])
    save_deep(tmp_path / "test" / "a" / "0.png", [0, 200, 100, 0])
    train, test = (read(tmp_path, split, size=None) for split in ("train", "test"))
    assert train.images.flatten(1).tolist() == [[0, 12, 6, 0], [0, 255, 125, 0]]
    assert test.images.flatten(1).tolist() == [[0, 12, 6, 0]]
    assert "scaled from 0 to 4,095" in train.details[0]
    assert read(tmp_path, size=None).source_bits == 12  # from the cache


def test_larger_values_in_the_test_split_are_said(tmp_path: Path) -> None:
    for name in "ab":
        save_deep(tmp_path / "train" / name / "0.png", [0, 4095, 2000, 0])
        save_deep(tmp_path / "test" / name / "0.png", [0, 9000, 2000, 0])
    test = read(tmp_path, "test", size=None)
    assert test.images.max() == 255
    assert "2 images have values above 4,095" in test.notes[0]


def test_the_background_of_transparent_pixels(tmp_path: Path) -> None:
    icon = np.zeros((4, 4, 4), np.uint8)
    icon[1:3, 1:3, 3] = 255  # a black square on transparency
    for name in "ab":
        (tmp_path / "icons" / name).mkdir(parents=True)
        for number in range(4):
            Image.fromarray(icon).save(tmp_path / "icons" / name / f"{number}.png")
    assert read(tmp_path, path="icons").images.max() == 0
    white = read(tmp_path, path="icons", background="white").images
    assert white[0, 0].tolist() == [
        [255, 255, 255, 255],
        [255, 0, 0, 255],
        [255, 0, 0, 255],
        [255, 255, 255, 255],
    ]


@pytest.mark.parametrize(("value", "notes"), [(4095, 1), (65_535, 0)])
def test_dark_colours_of_sixteen_bits_are_said(tmp_path: Path, value: int, notes: int) -> None:
    for name in ("a", "b"):
        for number in range(4):
            deep_colour_png(tmp_path / "deep" / name / f"{number}.png", value, alpha=number * 999)
    for background in ("black", "white"):
        images = read(tmp_path, path="deep", channels=3, background=background)
        assert [("use 16 of 256 levels" in note) for note in images.notes] == [True] * notes


def test_a_test_folder_without_images_is_found_before_training(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in "ab":
            save(tmp_path / split / name / "0.png")
    (tmp_path / "test" / "b" / "0.png").rename(tmp_path / "test" / "b" / "0.txt")
    with pytest.raises(DataError, match=r"test.b must hold images .*got none, only 1 \.txt"):
        read(tmp_path)


def test_test_images_of_another_size_are_found_before_training(tmp_path: Path) -> None:
    for split, side in (("train", 4), ("test", 5)):
        for name in "ab":
            (tmp_path / split / name).mkdir(parents=True)
            Image.new("L", (4, side)).save(tmp_path / split / name / "0.png")
    assert read(tmp_path, size=4).shape == (1, 4, 4)
    with pytest.raises(
        DataError, match=r"0\.png has 5 x 4 pixels, but .* have 4 x 4.*source\.size"
    ):
        read(tmp_path, size=None)
