"""A difference names the higher accuracy, and lies within its own interval."""

import re

import numpy as np
import pytest

from analysis.measure.paired import compare
from analysis.text.differences import higher_accuracy


def correct(count: int) -> np.ndarray:
    return np.arange(400) < count


@pytest.mark.parametrize(
    ("first", "second", "better"), [(380, 320, "of the first"), (320, 380, "of the second")]
)
def test_the_higher_accuracy_is_named(first: int, second: int, better: str) -> None:
    text = higher_accuracy(
        compare(correct(first), correct(second)), "of the first", "of the second"
    )
    assert text.startswith(f"the accuracy {better} is higher by 15.00 percentage points")
    low, high = map(float, re.findall(r"interval: (\S+) to ([^;]+)", text)[0])
    assert 0 < low < 15 < high


def test_equal_accuracies_have_no_direction() -> None:
    same = correct(300)
    text = higher_accuracy(compare(same, same), "of the first", "of the second")
    assert text.startswith("the accuracies are equal (95 % interval: ")
    assert "explain" not in text
