"""Which trials are compared on the validation images of the analysed one."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from analysis.measure import validation
from tailor.data import LabelledImages
from tests.unit.analysis.made_up import config, study_of, trial_of

RIGHT = np.arange(10) < 9


def restored(data, pixel):
    """A restored trial all of whose validation images have this pixel."""
    images = torch.full((10, 1, 2, 2), pixel, dtype=torch.uint8)
    val = LabelledImages(images, torch.zeros(10, dtype=torch.long), ("a", "b"))
    return SimpleNamespace(
        trial=trial_of(0, RIGHT),
        config=replace(config(), data=data),
        splits=SimpleNamespace(val=val),
        device=torch.device("cpu"),
        evaluate=lambda images: SimpleNamespace(correct=RIGHT),
    )


@pytest.mark.parametrize(
    ("source", "pixel", "compared"),
    [
        pytest.param({}, 1, True, id="same images"),
        pytest.param({}, 2, False, id="other images"),
        pytest.param({"size": 64}, 1, False, id="other settings"),
    ],
)
def test_trials_with_the_same_images_elsewhere_are_compared(monkeypatch, source, pixel, compared):
    data = config().data
    moved = replace(
        data,
        root="/there",
        on_error="skip",
        source={**data.source, "root": "/there", "on_error": "skip", **source},
    )
    own, other = restored(data, 1), restored(moved, pixel)
    monkeypatch.setattr(validation, "configs_of", lambda *_: (other.config, moved))
    monkeypatch.setattr(validation, "restore_trial", lambda *_: other)
    trial = trial_of(1, RIGHT, lr=0.2)
    measured = validation.Validation(study_of(own.trial, trial), own, None)
    assert (measured.correct(trial) is not None) is compared
