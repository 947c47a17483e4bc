"""A difference of two accuracies on the same images, with its interval and test."""

from __future__ import annotations

from dataclasses import replace

from analysis.measure.paired import Comparison
from analysis.wording import points, probability_value


def difference(test: Comparison) -> str:
    """The size of the difference, its interval and its p-value, as in `0.50 points (...)`."""
    if test.difference < 0:
        test = replace(test, difference=-test.difference, low=-test.high, high=-test.low)
    return f"{points(test.difference, 2)} {evidence(test)}"


def higher_accuracy(test: Comparison, first: str, second: str) -> str:
    """Which of two accuracies is higher, by how much, and whether sampling error can explain it.

    Args:
        test: the comparison of the two.
        first, second: follow "the accuracy", as in `with augmentation`.
    """
    if not test.difference:
        return f"the accuracies are equal {evidence(test)}"
    better = first if test.difference > 0 else second
    return (
        f"the accuracy {better} is higher by {difference(test)}: "
        f"sampling error {'does not explain' if test.shows else 'can explain'} the difference"
    )


def evidence(test: Comparison) -> str:
    """The interval of the first accuracy minus the second, and the p-value, in brackets.

    Both are corrected if the comparison is one of several.
    """
    corrected = f", corrected for {test.comparisons:,} comparisons" if test.comparisons > 1 else ""
    return (
        f"(95 % interval: {100 * test.low:.2f} to {100 * test.high:.2f}; McNemar's test: "
        f"{probability_value(test.p_value)}{corrected})"
    )
