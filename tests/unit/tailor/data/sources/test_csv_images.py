from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tailor.data import LabelledImages
from tailor.data.sources.csv_images import csv
from tailor.errors import DataError


def read(root: Path, split: str = "train", **changes: Any) -> LabelledImages:
    arguments: dict[str, Any] = {
        "train": "train.csv",
        "test": "test.csv",
        "label": None,
        "header": None,
        "delimiter": None,
        "encoding": None,
        "drop": [],
        "shape": None,
        "classes": None,
        "scale": 1,
        "test_fraction": 0.5,
        "test_seed": 0,
        "on_error": "raise",
    }
    return csv(split=split, root=str(root), **arguments | changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "train.csv").write_text(
        "label,a,b,c,d\n5,1,2,3,4\n7,5,6,7,8\n5,0,0,0,0\n7,9,9,9,9"
    )
    (tmp_path / "test.csv").write_text("a,b,c,d,label\n1,1,1,1,7\n")
    return tmp_path


def test_the_labels_that_occur_are_the_classes(root: Path) -> None:
    train, test = read(root), read(root, "test")
    assert train.classes == test.classes == ("5", "7")
    assert train.targets.tolist() == [0, 1, 0, 1]
    assert train.images[0].tolist() == [[[1, 2], [3, 4]]]
    assert (test.targets.tolist(), test.images.unique().tolist()) == ([1], [1])


def test_names_for_the_numbers_from_zero(root: Path) -> None:
    (root / "train.csv").write_text("0,1,2,3,4\n1,1,2,3,4\n")
    assert read(root, classes=["cat", "dog"]).classes == ("cat", "dog")
    (root / "train.csv").write_text("0,1,2,3,4\n2,1,2,3,4\n1,1,2,3,4\n")
    with pytest.raises(DataError, match=r"train\.csv, row 2: the label '2'.*cat, dog, or 0 to 1"):
        read(root, classes=["cat", "dog"])


def test_names_that_are_numbers_become_text(root: Path) -> None:
    (root / "train.csv").write_text("0,1,2,3,4\n1,1,2,3,4\n")
    assert read(root, classes=[0, 1]).classes == ("0", "1")


def test_a_class_that_training_lacks(root: Path) -> None:
    (root / "test.csv").write_text("label,a,b,c,d\n7,0,0,0,0\n8,0,0,0,0\n")
    assert len(read(root)) == 4
    with pytest.raises(
        DataError, match=r"test\.csv, row 2: the label '8' is not one of the 2 classes"
    ):
        read(root, "test")


def test_skipped_rows_keep_their_numbers(root: Path) -> None:
    text = (root / "train.csv").read_text().replace("5,1,2,3,4", "5,1,2,3")
    (root / "train.csv").write_text(text + "\n9,1,1,1,1\n")
    with pytest.raises(DataError, match=r"row 1 \(line 2\): must have 5 columns, got 4"):
        read(root)
    (note,) = read(root, on_error="skip").notes
    assert "skipped 1 row (data.on_error=skip): row 1 (line 2): must have 5 columns, got 4" in note


def test_one_file_is_divided(root: Path) -> None:
    train, test = (read(root, split, test=None) for split in ("train", "test"))
    assert sorted(train.targets.tolist()) == sorted(test.targets.tolist()) == [0, 1]


@pytest.mark.parametrize("name", ["absent.csv", "absent.zip/a.csv"])
def test_a_missing_file_is_named_with_the_keys_to_set(root: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        read(root, train=name)
    for part in (str(root / name), "TAILOR_DATA_DIR", "data.source.train"):
        assert part in str(caught.value)


PIXELS = [f"pixel{n}" for n in range(1, 17)]


def write(path: Path, header: list[str], labels: list[str], *, at_end: bool = False) -> None:
    rows = []
    for number, label in enumerate(labels):
        pixels = [str(10 * number + n) for n in range(16)]
        rows.append([*pixels, label] if at_end else [label, *pixels])
    path.write_text("\n".join(",".join(row) for row in [header, *rows]))


@pytest.mark.parametrize("name", ["class", "Label", "target", "species", "y"])
def test_a_label_at_the_end_is_found_and_said(root: Path, name: str) -> None:
    for file in ("train.csv", "test.csv"):
        write(root / file, [*PIXELS, name], ["0", "1", "0", "1"], at_end=True)
    images = read(root)
    assert images.classes == ("0", "1")
    assert images.targets.tolist() == [0, 1, 0, 1]
    assert images.images[0].flatten().tolist() == [*range(16)]
    (detail,) = images.details
    assert f"the label is column 17 ({name!r}) of 17" in detail


def test_labels_with_leading_zeros_are_classes_of_their_own(root: Path) -> None:
    write(root / "train.csv", ["label", *PIXELS], ["1", "01", "001"])
    write(root / "test.csv", ["label", *PIXELS], ["01"])
    images = read(root)
    assert images.classes == ("001", "01", "1")
    assert any("'001' and '01' and '1'" in note for note in images.notes)
    assert read(root, "test").targets.tolist() == [1]


def test_the_test_file_is_named_by_the_training_file(root: Path) -> None:
    """Labels of the test file alone would be named in another order."""
    write(root / "train.csv", ["label", *PIXELS], ["1", "2", "3"])
    write(root / "test.csv", ["label", *PIXELS], ["3", "2"])
    names = {"classes": ["a", "b", "c"]}
    assert read(root, **names).classes == ("a", "b", "c")
    assert read(root, "test", **names).targets.tolist() == [2, 1]
    by_label = {"classes": {"1": "x", "2": "y", "3": "x"}}
    assert read(root, **by_label).targets.tolist() == [0, 1, 0]
    assert read(root, "test", **by_label).targets.tolist() == [0, 1]


def test_a_test_file_without_labels_is_found_before_training(root: Path) -> None:
    write(root / "train.csv", ["label", *PIXELS], ["1", "2", "3"])
    (root / "test.csv").write_text(",".join(PIXELS) + "\n" + ",".join("1" * 16))
    with pytest.raises(
        DataError, match=r"test\.csv lacks the label's column 'label' \(it has 16 columns, .* 17\)"
    ):
        read(root)


def test_columns_that_are_hardly_pixels_are_pointed_out(root: Path) -> None:
    header = ["label", *PIXELS[:15], "id"]
    write(root / "train.csv", header, ["1", "2", "1", "2"])
    (note,) = read(root, test=None).notes
    assert "data.source.drop=[16]" in note
    with pytest.raises(DataError, match=r"15 pixels .*do not form a square"):
        read(root, test=None, drop=["id"])
    header = ["label", *PIXELS, "id"]
    (root / "train.csv").write_text(
        ",".join(header) + "\n" + "\n".join(",".join([f"{n}"] * 18) for n in (1, 1, 2, 2))
    )
    with pytest.raises(DataError, match=r"17 pixels .*source\.drop=\[17\] leaves them out"):
        read(root, test=None)
    for drop in (["id"], "id", [-1], -1):
        assert read(root, test=None, drop=drop).shape == (1, 4, 4)


@pytest.mark.parametrize(("label", "num_classes"), [(None, 0), (0, 20), (-1, 3)])
@pytest.mark.parametrize("header", [[], [[str(n) for n in range(17)]]])
def test_a_file_without_names_whose_last_column_looks_like_the_label(
    root: Path, header: list[list[str]], label: int | None, num_classes: int
) -> None:
    rows = [[*[str(7 * number + n) for n in range(16)], str(number % 3)] for number in range(20)]
    for file in ("train.csv", "test.csv"):
        (root / file).write_text("\n".join(",".join(row) for row in header + rows))
    if label is None:
        with pytest.raises(DataError, match=r"which column .*20 .*only 0 to 2\..*label=-1 for"):
            read(root)
    else:
        assert len(read(root, label=label).classes) == num_classes
