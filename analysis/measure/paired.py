"""Comparison of networks on the same images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from analysis.measure.bootstrap import RESAMPLES
from analysis.read.predictions import Array

LEVEL = 0.05
"""Significance level of a test; an interval covers one minus this fraction."""


@dataclass(frozen=True)
class Comparison:
    """Comparison of two networks on the same images.

    The interval contains 0 if and only if the p-value is at least `LEVEL`.

    Attributes:
        only_first, only_second: number of images that only this network classifies correctly.
        size: number of images.
        comparisons: number of comparisons that the test and the interval are corrected for
            (Bonferroni).
        difference: accuracy of the first minus that of the second.
        low, high: its 95 % interval.
        p_value: of McNemar's test.
    """

    only_first: int
    only_second: int
    size: int
    comparisons: int
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def shows(self) -> bool:
        """Whether sampling error is unlikely to explain the difference."""
        return self.p_value < LEVEL


def pairs_of(count: int) -> int:
    """Number of pairs of `count` networks.

    The best of several networks was selected on the images of the comparison, and any other might
    have been selected. A comparison with it therefore counts as one of all pairs.
    """
    return max(1, count * (count - 1) // 2)


def compare(first: Array, second: Array, *, comparisons: int = 1) -> Comparison:
    """Compare two networks on the same images.

    Args:
        first, second: [N] bool, whether each network classifies each image correctly.
        comparisons: number of comparisons including this one, at least 1.

    Source: McNemar 1947 (the test without a continuity correction, which Fagerland et al. 2013,
    doi:10.1186/1471-2288-13-91, recommend over the exact one); the interval inverts the same
    score test, Tango 1998, Statistics in Medicine 17, 891-908.
    """
    only_first = int((first & ~second).sum())
    only_second = int((~first & second).sum())
    size = len(first)
    limit = float(norm.isf(LEVEL / 2 / comparisons))
    low, high = _tango(only_first, only_second, size, limit)
    score = _score(0.0, only_first, only_second, size)
    return Comparison(
        only_first,
        only_second,
        size,
        comparisons,
        difference=(only_first - only_second) / size,
        low=low,
        high=high,
        p_value=min(1.0, comparisons * 2 * float(norm.sf(abs(score)))),
    )


def _score(difference: float, first: int, second: int, size: int) -> float:
    """Tango's score statistic of a hypothetical difference."""
    a = 2 * size
    b = -first - second + (2 * size - first + second) * difference
    c = -second * difference * (1 - difference)
    share = (np.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = size * (2 * share + difference * (1 - difference))
    surplus = first - second - size * difference
    if surplus == 0:
        return 0.0
    return (
        float(surplus / np.sqrt(variance)) if variance > 0 else float(np.copysign(np.inf, surplus))
    )


def _tango(first: int, second: int, size: int, limit: float) -> tuple[float, float]:
    """The differences whose score is within +-`limit`; the score falls with the difference."""
    estimate = (first - second) / size

    def bound(end: float, score: float) -> float:
        if abs(_score(end, first, second, size)) <= limit:
            return end
        root = brentq(
            lambda d: _score(d, first, second, size) - score, *sorted((estimate, end)), xtol=1e-12
        )
        return float(root)

    return bound(-1.0, limit), bound(1.0, -limit)


def optimism(correct: Array, *, seed: int = 0) -> float:
    """Accuracy that the best network may owe to being selected on the same images.

    It is the expected surplus of the best of equally good networks, so it is an upper bound if
    some are worse than others.

    Args:
        correct: [T, N] bool, whether each network classifies each image correctly.
        seed: of the bootstrap.

    Returns:
        A fraction: over resamples of the images, the mean of the largest deviation of a network's
        accuracy from its accuracy on all images.

    Source: White 2000, doi:10.1111/1468-0262.00152, the bootstrap of a maximum under the least
    favourable hypothesis.
    """
    patterns, counts = np.unique(correct, axis=1, return_counts=True)
    size = counts.sum()
    draws = np.random.default_rng(seed).multinomial(size, counts / size, size=RESAMPLES)
    deviations = draws @ patterns.T / size - correct.mean(axis=1)  # [R, T]
    return float(deviations.max(axis=1).mean())
