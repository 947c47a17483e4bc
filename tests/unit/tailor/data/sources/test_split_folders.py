from __future__ import annotations

from pathlib import Path

import pytest

from tailor.data.sources.split_folders import find_splits, subfolders
from tailor.errors import DataError


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
    return root


def with_classes(root: Path, *names: str) -> Path:
    return folders(root, *(f"{name}/{kind}" for name in names for kind in ("ant", "bee")))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "Testing"),
        ("Train", "Test"),
        ("train", "Test"),
        ("TRAIN", "TEST"),
        ("seg_train", "seg_test"),
        ("training_set", "test_set"),
        ("trainset", "testset"),
        ("train_images", "test-images"),
        ("Train Data", "Test Data"),
    ],
)
def test_usual_names(tmp_path: Path, train: str, test: str) -> None:
    splits = find_splits(with_classes(tmp_path, train, test))
    assert (splits.train, splits.test) == (tmp_path / train, tmp_path / test)
    assert splits.notes == ()


@pytest.mark.parametrize("val", ["val", "valid", "Validation", "dev"])
def test_a_folder_of_validation_images_is_mentioned(tmp_path: Path, val: str) -> None:
    splits = find_splits(with_classes(tmp_path, "train", val))
    assert (splits.train, splits.test) == (tmp_path / "train", None)
    (note,) = splits.notes
    assert f"{val} is not read: validation is data.val_fraction of the images in train" in note


def test_folders_beside_the_splits_are_mentioned(tmp_path: Path) -> None:
    with_classes(tmp_path, "train", "seg_pred")
    folders(tmp_path, "test", ".git")
    (note,) = find_splits(tmp_path).notes
    assert "not read, beside train: seg_pred; test. The test split is held out" in note


def test_folders_of_classes(tmp_path: Path) -> None:
    for base in (folders(tmp_path / "flat", "bus", "train"), with_classes(tmp_path / "deep", "x")):
        splits = find_splits(base)
        assert (splits.train, splits.test, splits.notes) == (base, None, ())


def test_a_folder_unpacked_into_one_of_its_name(tmp_path: Path) -> None:
    with_classes(tmp_path, "seg_train/seg_train", "seg_test/seg_test")
    splits = find_splits(tmp_path)
    assert splits.train == tmp_path / "seg_train" / "seg_train"
    assert splits.test == tmp_path / "seg_test" / "seg_test"
    inner = folders(tmp_path / "flowers", "flowers/daisy", "flowers/rose")
    assert find_splits(inner).train == inner / "flowers"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("Part1/ant", "Part1/bee", "Part2/ant", "Part2/bee"), "Part1; Part2 .*look like splits"),
        (("Train", "Test"), "Test, Train look like splits, but none .*Call that one train"),
        (("train", "test", "extra"), "extra, test, train look like splits"),
        (("abc_train/ant", "abc_train/bee", "abc_test"), "abc_test, abc_train look like splits"),
        (("train/ant", "Training/ant"), "more than one folder of training images"),
        (("train/ant", "test/ant", "Testing/ant"), "more than one folder of test images"),
    ],
)
def test_folders_that_are_no_classes(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_splits(folders(tmp_path, *names))


def test_classes_with_folders_of_their_own(tmp_path: Path) -> None:
    folders(tmp_path, "ant/2023", "ant/2024", "bee/2024")
    assert find_splits(tmp_path).train == tmp_path


def test_links_to_folders_are_folders_and_hidden_ones_are_none(tmp_path: Path) -> None:
    base = folders(tmp_path / "base", "ant", ".hidden", "__MACOSX")
    (base / "bee").symlink_to(folders(tmp_path, "elsewhere") / "elsewhere")
    assert subfolders(base) == ["ant", "bee"]
