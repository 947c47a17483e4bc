from __future__ import annotations

import pytest

from tailor.data.readers.labels import classes_of, names_of, targets_of
from tailor.errors import DataError


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "9"], ("9", "10")),
        (["1", "1.0", " 1 ", "-2"], ("-2", "1")),
        (["dog", "cat", "dog "], ("cat", "dog")),
        (["1", "cat"], ("1", "cat")),
        (["0.5", "1"], ("0.5", "1")),
        (["nan", "inf"], ("inf", "nan")),
    ],
)
def test_classes_that_occur(labels: list[str], classes: tuple[str, ...]) -> None:
    assert classes_of(labels) == classes
    targets = targets_of(labels, classes, named=False, where="a file")
    assert set(targets) == set(range(len(classes)))


@pytest.mark.parametrize(
    ("labels", "classes", "targets"),
    [
        pytest.param(["1", "0", "b"], ("a", "b"), [1, 0, 1], id="positions and names"),
        pytest.param(["2", "0", "1"], ("0", "1", "2"), [2, 0, 1], id="both the same"),
        pytest.param(["1", "3", "2.0"], ("1", "2", "3"), [0, 2, 1], id="counted from one"),
        pytest.param(["7", "1"], ("7", "b"), [0, 1], id="a number that is no position"),
    ],
)
def test_names_for_numbers(
    labels: list[str], classes: tuple[str, ...], targets: list[int]
) -> None:
    assert targets_of(labels, classes, named=True, where="a file") == targets


def test_names_that_are_other_positions_leave_no_positions() -> None:
    with pytest.raises(DataError, match=r"label '0' is not one of the 3 classes \(1, 2, 3\)\."):
        targets_of(["1", "0"], ("1", "2", "3"), named=True, where="a file")


def test_names_are_text() -> None:
    assert names_of([0, "b", 2.5]) == ("0", "b", "2.5")
    assert names_of(None) is None


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (True, r"f, row 8: the label '2' is not one of the 2 classes \(a, b, or 0 to 1\)"),
        (
            False,
            r"row 8: the label '2' is not one of the 2 classes \(a, b of the training data\)",
        ),
    ],
)
def test_a_label_that_is_no_class(named: bool, message: str) -> None:
    with pytest.raises(DataError, match=message):
        targets_of(["a", "2"], ("a", "b"), named=named, where="f", rows=[4, 8])
