"""Patterns of made-up confusion matrices."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation
from analysis.text.confusions import patterns

CLASSES = ("shirt", "coat", "pullover", "shoe", "boot", "bag")


def metrics_of(wrong, *, right=100):
    """Metrics of a matrix with `wrong[(true, predicted)]` mistakes."""
    confusion = np.eye(len(CLASSES), dtype=int) * right
    for (true, predicted), count in wrong.items():
        confusion[true, predicted] = count
    pairs = [pair for pair, count in np.ndenumerate(confusion) for _ in range(count)]
    targets, predicted = np.array(pairs).T
    return measure(Evaluation(CLASSES, targets, np.eye(len(CLASSES))[predicted]))


TRADE = {(0, 1): 20, (1, 0): 18, (1, 2): 15, (2, 1): 14, (3, 4): 9, (4, 3): 8, (5, 0): 1}


def test_frequent_pairs_and_groups_are_named():
    text = patterns(metrics_of(TRADE))
    assert "Of the 85 mistakes" in text
    assert "between shirt and coat (38, 45 %), coat and pullover (29, 34 %) and shoe" in text
    assert "within a group of classes: shirt, coat and pullover (79 % of all mistakes)." in text
    assert "One-sided" not in text


def test_one_direction_is_named_only_beyond_chance():
    text = patterns(metrics_of({**TRADE, (3, 4): 30, (4, 3): 5}))
    assert (
        "30 of 130 images of shoe are predicted as boot, and 5 of 105 the other way round." in text
    )


def test_a_larger_class_is_not_confused_more_often_for_its_size():
    confusion = {(0, 0): 1350, (0, 1): 150, (1, 1): 900, (1, 0): 100}
    assert "one-sided" not in patterns(metrics_of(confusion))
    text = patterns(metrics_of({**confusion, (1, 0): 200}))
    assert "200 of 1,100 images of coat are predicted as shirt, and 150 of 1,500 the" in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({(0, 1): 9}, "", id="few"),
        pytest.param(
            {(i, (i + 1) % 6): 2 for i in range(6)}, "No two classes share 5", id="spread"
        ),
    ],
)
def test_few_mistakes_have_no_pattern(wrong, words):
    text = patterns(metrics_of(wrong))
    assert text.startswith(words)
    assert bool(text) is bool(words)


@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.integers(1, 40)))
def test_shares_are_those_of_the_mistakes(wrong):
    metrics = metrics_of({pair: count for pair, count in wrong.items() if pair[0] != pair[1]})
    shares = [int(share) for share in re.findall(r"(\d+) %", patterns(metrics))]
    assert all(0 <= share <= 100 for share in shares)
