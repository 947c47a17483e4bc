from __future__ import annotations

from typing import Any

import pytest
import torch

from tailor.data import LabelledImages
from tailor.data.naming import named, naming_of
from tailor.errors import DataError


def classes_of(labels: list[str], classes: Any) -> list[str]:
    """The name of the class of each label that occurs in training."""
    naming = naming_of(labels, classes, where="f")
    return [naming.names[naming.index[label]] for label in labels]


@pytest.mark.parametrize(
    ("labels", "classes", "names"),
    [
        pytest.param(["0", "1"], ["a", "b"], ["a", "b"], id="positions"),
        pytest.param(["0", "1", "b"], ["a", "b"], ["a", "b", "b"], id="positions and names"),
        pytest.param(["0", "1", "2"], ["0", "1", "2"], ["0", "1", "2"], id="both the same"),
        pytest.param(["1", "2", "3"], ["1", "2", "3"], ["1", "2", "3"], id="names from one"),
        pytest.param(["1", "7"], ["7", "b"], ["b", "7"], id="a number that is no position"),
        pytest.param(["1", "2", "3"], ["a", "b", "c"], ["a", "b", "c"], id="from one, in order"),
        pytest.param(["0", "1", "3"], ["a", "b", "c"], ["a", "b", "c"], id="a gap, in order"),
        pytest.param(["1", "2"], {1: "a", 2: "b"}, ["a", "b"], id="by label"),
        pytest.param(["01", "1"], {"01": "a", "1": "b"}, ["a", "b"], id="by label as written"),
        pytest.param(["0", "1", "2"], {0: "a", 1: "b", 2: "a"}, ["a", "b", "a"], id="merged"),
        pytest.param(["cat", "dog"], None, ["cat", "dog"], id="no names"),
        pytest.param(["0", "1"], [0, 1], ["0", "1"], id="names that are numbers"),
    ],
)
def test_the_class_of_each_label(labels: list[str], classes: Any, names: list[str]) -> None:
    assert classes_of(labels, classes) == names


def test_naming_in_order_is_said() -> None:
    (detail,) = naming_of(["1", "2"], ["cat", "dog"], where="f").details
    assert detail == "f: labels are named in their order: 1 is cat; 2 is dog."
    assert naming_of(["0", "1"], ["cat", "dog"], where="f").details == ()


def test_a_name_without_images_is_left_out_and_said() -> None:
    naming = naming_of(["0", "2"], ["a", "b", "c"], where="f")
    assert naming.names == ("a", "c")
    assert [naming.index[label] for label in ("0", "2")] == [0, 1]
    assert "1" not in naming.index
    (note,) = naming.notes
    assert "'b'" in note


def test_labels_that_are_equal_as_numbers_are_said() -> None:
    (note,) = naming_of(["01", "1", "2"], None, where="f").notes
    assert "'01' and '1'" in note


IMAGES = LabelledImages(
    torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.tensor([0, 1, 0, 2]), ("0", "1", "2")
)


def test_images_get_the_names() -> None:
    images = named(IMAGES, naming_of(["0", "1", "2"], ["a", "b", "c"], where="f"), where="f")
    assert images.classes == ("a", "b", "c")
    assert images.targets.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("known", "classes", "message"),
    [
        (
            ["0", "1"],
            ["a", "b"],
            r"f, row 4: the label '2' is not one of the 2 classes \(a, b, or 0",
        ),
        (["0", "1"], None, r"row 4: .* the 2 classes \(0, 1\) of the training data"),
        (["1", "2"], ["1", "2"], r"row 1: the label '0' is not one of the 2 classes \(1, 2\)\."),
        (["0", "1"], {0: "a", 1: "b"}, r"row 4: .*'2' .* data.source.classes names \(0, 1\)"),
        (["3", "4"], ["a", "b"], r"row 1: the label '0' .* the labels 3, 4 of the training data"),
    ],
)
def test_a_label_without_a_class_is_named_with_its_row(
    known: list[str], classes: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        named(IMAGES, naming_of(known, classes, where="f"), where="f")


def test_text_is_not_named_in_order() -> None:
    """A misspelt name must not rename other classes."""
    naming = naming_of(["cat", "dog"], ["cat", "dgo"], where="f")
    assert "dog" not in naming.index


@pytest.mark.parametrize("value", [True, None])
def test_names_must_be_text(value: object) -> None:
    with pytest.raises(DataError, match="must hold text, got .*Quote"):
        naming_of(["0", "1"], ["yes", value], where="f")


def test_one_name_is_no_list() -> None:
    with pytest.raises(DataError, match="must be a list of names, got 'cat'"):
        naming_of(["0", "1"], "cat", where="f")
