"""Two networks on the same images: the test, its interval, and the optimism of a selection."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analysis.measure.paired import LEVEL, compare, optimism, pairs_of


def pair(only_first, only_second, size):
    """Two networks that are both right on all other images."""
    first = np.ones(size, dtype=bool)
    second = first.copy()
    second[:only_first] = False
    first[only_first : only_first + only_second] = False
    return first, second


def test_the_interval_is_that_of_a_published_example():
    """Airway hyper-responsiveness of 21 children, Fagerland et al. 2014, doi:10.1002/sim.6148."""
    result = compare(*pair(1, 7, 21))
    assert (result.only_first, result.only_second) == (1, 7)
    assert (result.low, result.high) == (
        pytest.approx(-0.517, abs=5e-4),
        pytest.approx(-0.026, abs=5e-4),
    )
    assert result.p_value == pytest.approx(0.0339, abs=1e-4)  # chi-squared of 6 * 6 / 8


def test_equal_networks_have_no_difference():
    result = compare(*pair(0, 0, 50))
    assert (result.difference, result.p_value) == (0, 1)
    assert result.low == pytest.approx(-result.high)
    assert result.high > 0


counts = st.integers(0, 40)


@given(counts, counts, st.integers(0, 400), st.integers(1, 50))
def test_the_interval_agrees_with_the_test(only_first, only_second, others, comparisons):
    size = max(1, only_first + only_second + others)
    result = compare(*pair(only_first, only_second, size), comparisons=comparisons)
    assert result.low <= result.difference <= result.high
    assert result.low >= -1
    assert result.high <= 1
    assert result.shows == (result.low > 0 or result.high < 0)
    swapped = compare(*pair(only_second, only_first, size), comparisons=comparisons)
    assert swapped.p_value == pytest.approx(result.p_value)
    assert (swapped.low, swapped.high) == (pytest.approx(-result.high), pytest.approx(-result.low))


def test_the_interval_covers_rare_differences():
    """Five images of 288, all in favour of one: Wald's interval covers 77 % there.

    The coverage is exact, summed over all outcomes.
    """
    size, share = 288, 5 / 288
    outcomes = range(30)
    covered = 0.0
    for only_first in outcomes:
        result = compare(*pair(only_first, 0, size))
        if result.low <= share <= result.high:
            covered += binom.pmf(only_first, size, share)
    assert covered > 0.93


def test_more_comparisons_need_more_evidence():
    one, many = compare(*pair(20, 5, 300)), compare(*pair(20, 5, 300), comparisons=45)
    assert one.shows
    assert not many.shows
    assert many.p_value == pytest.approx(45 * one.p_value)
    assert many.low < one.low < one.high < many.high
    assert [pairs_of(count) for count in (1, 2, 10)] == [1, 1, 45]


def test_equally_good_networks_rarely_seem_different():
    """The best of ten equal networks against the others, over 300 studies: 0.05 + 3 errors."""
    random = np.random.default_rng(0)
    seeming = 0
    for _ in range(300):
        correct = random.random((10, 400)) < 0.9
        best = correct.mean(axis=1).argmax()
        others = [compare(correct[best], other, comparisons=pairs_of(10)) for other in correct]
        seeming += any(other.shows for other in others)
    assert seeming / 300 < LEVEL + 0.04


def test_optimism_is_what_the_best_of_equal_networks_loses_on_other_images():
    """Mean over 40 studies of ten equal networks, within a tenth of the true optimism."""
    random = np.random.default_rng(0)
    estimates, truth = [], []
    for seed in range(40):
        correct = random.random((10, 400)) < 0.9
        truth.append(correct.mean(axis=1).max() - 0.9)
        estimates.append(optimism(correct, seed=seed))
    assert np.mean(estimates) == pytest.approx(np.mean(truth), rel=0.1)


def test_optimism_is_a_bound_where_networks_differ():
    random = np.random.default_rng(0)
    estimates, truth = [], []
    accuracies = np.linspace(0.8, 0.9, 10)
    for seed in range(40):
        correct = random.random((10, 400)) < accuracies[:, None]
        best = correct.mean(axis=1).argmax()
        truth.append(correct.mean(axis=1).max() - accuracies[best])
        estimates.append(optimism(correct, seed=seed))
    assert np.mean(estimates) > np.mean(truth)
    alone = np.tile(correct[-1:], (10, 1))  # ten networks that make the same mistakes
    assert optimism(alone) == pytest.approx(0, abs=2e-3)
