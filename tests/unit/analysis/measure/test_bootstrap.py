"""Which class is the lowest in resamples of the same images."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from analysis.measure.bootstrap import RESAMPLES, lowest_f1_shares


def test_agrees_with_scikit_learn_on_resampled_images():
    confusion = np.array([[30, 8, 2], [6, 30, 4], [1, 3, 36]])
    targets = np.repeat(np.arange(3), confusion.sum(axis=1))
    predicted = np.concatenate([np.repeat(np.arange(3), row) for row in confusion])
    generator = np.random.default_rng(1)
    lowest = np.zeros(3)
    for _ in range(RESAMPLES):
        chosen = generator.integers(len(targets), size=len(targets))
        lowest[f1_score(targets[chosen], predicted[chosen], average=None).argmin()] += 1
    # Two estimates from 1,000 resamples each: a standard error of 0.022 at most.
    assert lowest_f1_shares(confusion) == pytest.approx(lowest / RESAMPLES, abs=0.08)


def test_ties_are_shared_and_classes_without_images_are_left_out():
    assert lowest_f1_shares(np.array([[9, 0], [0, 9]])).tolist() == [0.5, 0.5]
    shares = lowest_f1_shares(np.array([[50, 0, 0], [5, 45, 3], [0, 0, 0]]))
    assert shares[2] == 0
    assert shares.sum() == pytest.approx(1)
