"""Trials with augmentation against trials without."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.measure.comparisons import with_and_without
from analysis.read.study import Space
from analysis.text.images import augmentation as sentence
from tests.unit.analysis.made_up import (
    SPACES,
    findings_of,
    predictions,
    study_of,
    trial_of,
)


def trial(number, share, augment, *, lr=0.1):
    found = trial_of(number, np.arange(400) < share * 400, lr=lr)
    return replace(found, params={**found.params, "augment": augment})


def compared(*trials):
    correct = {t.number: np.arange(400) < t.values[0] * 400 for t in trials}
    choices = tuple(t.params["augment"] for t in trials if "augment" in t.params)
    spaces = {**SPACES, "augment": Space(levels=choices)}
    view = replace(study_of(*trials), spaces=spaces)
    findings = findings_of(view, correct, predictions(np.random.default_rng(0)))
    return findings.augmentation, sentence(findings)


@pytest.mark.parametrize("plain", ["none", "['none']", "[none]", "[]"])
def test_a_pair_that_differs_in_nothing_else_is_preferred(plain):
    pair, text = compared(
        trial(0, 0.95, "['flip','erase']", lr=0.3),
        trial(1, 0.90, "['flip']"),
        trial(2, 0.80, plain),
    )
    assert (pair.augmented.number, pair.plain.number, pair.equal) == (1, 2, True)
    assert "90.00 % with augmentation (trial 1) and 80.00 % without augmentation" in text
    assert "the accuracy with augmentation is higher by 10.00 percentage points" in text
    assert "corrected for 3 comparisons" in text  # the pair was selected from three trials
    assert "sampling error does not explain the difference" in text


def test_trials_that_differ_in_more_show_nothing_about_augmentation():
    pair, text = compared(trial(0, 0.95, "flip", lr=0.3), trial(1, 0.90, "none"))
    assert not pair.equal
    assert "cannot be put down to augmentation" in text
    assert "sampling error" not in text


def test_a_study_with_one_kind_has_no_comparison():
    assert with_and_without(study_of(trial(0, 0.9, "flip"), trial(1, 0.8, "['flip']"))) is None
    assert compared(trial_of(0, np.arange(400) < 300))[1] == ""
