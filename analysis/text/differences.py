"""A difference of two accuracies on the same images, with its interval and test."""

from __future__ import annotations

from analysis.measure.paired import Comparison
from analysis.wording import points, probability_value


def difference(test: Comparison) -> str:
    """The size of the difference, its interval and its p-value, as in `0.50 points (...)`."""
    return f"{points(abs(test.difference), 2)} {evidence(test)}"


def evidence(test: Comparison) -> str:
    """The interval of the first accuracy minus the second, and the p-value, in brackets.

    Both are corrected if the comparison is one of several.
    """
    corrected = f", corrected for {test.comparisons:,} comparisons" if test.comparisons > 1 else ""
    return (
        f"(95 % interval: {100 * test.low:.2f} to {100 * test.high:.2f}; McNemar's test: "
        f"{probability_value(test.p_value)}{corrected})"
    )
