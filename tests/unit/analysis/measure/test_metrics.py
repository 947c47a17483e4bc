"""Metrics against hand-computed values, and properties that hold for any predictions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measure.metrics import (
    as_dict,
    calibrate,
    difference_interval,
    measure,
    top2_accuracy,
    wilson,
)
from analysis.read.predictions import Evaluation


def evaluation(targets, predicted, *, classes="abc", confidence=0.8):
    """Probabilities with `confidence` on the prediction, the rest spread evenly."""
    k = len(classes)
    probabilities = np.full((len(targets), k), (1 - confidence) / (k - 1))
    probabilities[np.arange(len(targets)), predicted] = confidence
    return Evaluation(tuple(classes), np.array(targets), probabilities)


def test_counts_become_precision_recall_and_f1():
    metrics = measure(evaluation([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0]))
    assert metrics.confusion.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert metrics.accuracy == pytest.approx(4 / 6)
    a, b, c = metrics.per_class
    assert (a.precision, a.recall, a.support) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 3)
    assert b.f1 == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert (c.precision, c.recall, c.f1) == (0, 0, 0)
    assert a.accuracy == pytest.approx(4 / 6)  # one false negative and one false positive of six
    assert metrics.lowest == 2
    assert metrics.shares[0].tolist() == [pytest.approx(2 / 3), pytest.approx(1 / 3), 0]


def test_of_many_classes_the_lowest_and_the_highest_ten_are_shown():
    few = measure(evaluation([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 2]))
    assert sorted(few.extremes) == [0, 1, 2]
    targets = np.repeat(np.arange(100), 100)
    predicted = np.where(np.arange(10_000) % 100 < targets, targets, (targets + 1) % 100)
    many = measure(evaluation(targets, predicted, classes=[f"c{i}" for i in range(100)]))
    assert many.extremes[0] == many.lowest
    assert many.extremes[-1] == many.highest
    f1 = [row.f1 for row in many.per_class]
    assert [f1[i] for i in many.extremes] == sorted(f1)[:10] + sorted(f1)[-10:]


def test_classes_without_images_are_excluded_from_means_and_extremes():
    metrics = measure(evaluation([0, 0, 1, 1], [0, 1, 1, 1], classes="abc"))
    assert (metrics.absent, metrics.present) == (("c",), [0, 1])
    assert (metrics.lowest, metrics.highest) == (0, 1)
    assert metrics.extremes == [0, 1]
    assert metrics.macro_recall == pytest.approx((1 / 2 + 1) / 2)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert as_dict(metrics)["lowest_f1_class"] == "a"
    assert as_dict(metrics)["classes_without_images"] == ["c"]
    with_false_positive = measure(evaluation([0, 0, 1, 1], [0, 2, 1, 1], classes="abc"))
    assert with_false_positive.lowest == 0  # c is predicted but has no images


def test_the_wilson_interval_is_that_of_the_formula():
    z, n, p = 1.959963984540054, 200, 0.9
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    assert wilson(180, 200) == (pytest.approx(centre - half), pytest.approx(centre + half))


def test_the_interval_of_a_difference_is_that_of_newcombes_table():
    # Table II, row 10, method 10: 56 of 70 against 48 of 80.
    assert difference_interval(56 / 70, 70, 48 / 80, 80) == (
        pytest.approx(0.0524, abs=1e-4),
        pytest.approx(0.3339, abs=1e-4),
    )


def test_twenty_of_twenty_prove_no_difference():
    low, high = difference_interval(1.0, 20, 0.95, 10_000)
    assert low < 0 < high
    low, high = difference_interval(1.0, 20, 1.0, 20)
    assert low < 0 < high


def test_calibration_weighs_each_gap_by_its_images():
    sure = evaluation([0] * 10, [0] * 8 + [1] * 2, confidence=0.9)
    assert calibrate(sure, bins=10).error == pytest.approx(0.1)
    mixed = Evaluation(
        ("a", "b"),
        np.array([0, 0, 0, 1]),
        np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]]),
    )
    calibration = calibrate(mixed, bins=10)
    assert calibration.counts.tolist() == [2, 2]
    assert calibration.error == pytest.approx(0.5 * 0.05 + 0.5 * 0.05)


def sample(random, size, overconfidence):
    """Calibration of a network that is right less often than it believes, on a random sample."""
    confidence = random.uniform(0.6, 1, size)
    right = random.random(size) < confidence - overconfidence
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    return calibrate(Evaluation(("a", "b"), np.where(right, 0, 1), probabilities), bins=15)


@pytest.mark.parametrize("size", [50, 100, 1000])
def test_a_calibrated_network_shows_no_miscalibration_in_95_percent_of_samples(size):
    """Over 400 seeds, 0.95 +- 0.033 (three standard errors)."""
    samples = [sample(np.random.default_rng(seed), size, 0.0) for seed in range(400)]
    assert np.mean([not calibration.shows for calibration in samples]) >= 0.917


@pytest.mark.parametrize("size", [50, 100])
def test_overconfidence_that_does_not_show_is_said_to_be_invisible(size):
    """A network that is too sure by ten points: shown, or below the stated limit."""
    samples = [sample(np.random.default_rng(seed), size, 0.1) for seed in range(200)]
    unseen = [calibration for calibration in samples if not calibration.shows]
    assert len(unseen) > 20  # this many images rarely show it
    assert all(calibration.visible > 0.1 for calibration in unseen)


def test_the_stated_overconfidence_is_seen_in_80_percent_of_samples():
    """Over 200 seeds, 0.8 +- 0.085 (three standard errors)."""
    visible = sample(np.random.default_rng(0), 500, 0.0).visible
    samples = [sample(np.random.default_rng(seed), 500, visible) for seed in range(200)]
    assert np.mean([calibration.shows for calibration in samples]) == pytest.approx(0.8, abs=0.1)


def test_classes_that_share_the_lowest_f1_are_all_known():
    metrics = measure(evaluation([0, 0, 1, 2], [0, 0, 0, 0]))
    assert metrics.lowest_classes == [1, 2]
    assert metrics.named(metrics.lowest_classes) == "b and c"
    assert as_dict(metrics)["lowest_f1_classes"] == ["b", "c"]
    many = measure(evaluation(range(200), [0] * 200, classes=[f"c{i}" for i in range(200)]))
    assert many.named(many.lowest_classes) == "199 of 200 classes"


def test_top2_of_some_images():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.1, 0.5, 0.4], [0.5, 0.1, 0.4]])
    two = Evaluation(("a", "b", "c"), np.array([1, 0, 2]), probabilities)
    assert top2_accuracy(two) == pytest.approx(2 / 3)
    assert top2_accuracy(two, np.array([True, False, True])) == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_order_does_not_matter_and_counts_add_up(pairs):
    targets, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    metrics = measure(evaluation(targets, predicted, classes="abcd"))
    assert metrics.confusion.sum() == len(pairs)
    assert metrics.accuracy_low <= metrics.accuracy <= metrics.accuracy_high
    shuffle = np.random.default_rng(0).permutation(len(pairs))
    again = measure(evaluation(targets[shuffle], predicted[shuffle], classes="abcd"))
    assert as_dict(again)["per_class"] == as_dict(metrics)["per_class"]
