from __future__ import annotations

import pytest

from tailor.data.readers.labels import classes_of, targets_of
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


def test_names_for_numbers() -> None:
    assert targets_of(["1", "0", "b"], ("a", "b"), named=True, where="a file") == [1, 0, 1]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (True, r"f, row 8: the label '2' is none of the 2 classes \(a, b, or 0 to 1\)"),
        (False, r"f, row 8: the label '2' is none of the 2 classes \(a, b of the training data\)"),
    ],
)
def test_a_label_that_is_no_class(named: bool, message: str) -> None:
    with pytest.raises(DataError, match=message):
        targets_of(["a", "2"], ("a", "b"), named=named, where="f", rows=[4, 8])
