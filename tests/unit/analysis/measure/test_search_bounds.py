"""Values at bounds of a space, and suggested wider bounds."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.measure.search_bounds import at_bounds
from analysis.read.study import Space, StudyView, Trial
from tests.unit.analysis.made_up import config


def entries(space: Space, value):
    trial = Trial(0, "complete", (0.9,), {"key": value}, {}, (), Path())
    view = StudyView("s", ("val_accuracy",), (True,), (trial,), {"key": space})
    return [(entry.side, entry.bound, entry.suggestion) for entry in at_bounds(view, trial)]


@pytest.mark.parametrize(
    ("space", "value", "expected"),
    [
        pytest.param(Space((3, 6, 12)), 12, [("high", 12, 24)], id="the largest of a list"),
        pytest.param(Space((3, 6, 12)), 6, [], id="inside"),
        pytest.param(Space((1, 2), 1, 2), 1, [("low", 1, None)], id="a count ends at 1"),
        pytest.param(Space((0.0, 0.5)), 0.0, [("low", 0.0, None)], id="nothing below 0"),
        pytest.param(
            Space((0.0, 0.99, 0.998)), 0.998, [("high", 0.998, 0.999)], id="a decay stays below 1"
        ),
        pytest.param(
            Space(None, 0.01, 0.25, log=True), 0.245, [("high", 0.25, 0.5)], id="near a bound"
        ),
    ],
)
def test_the_suggestion_lies_beyond_the_bound_and_is_possible(space, value, expected):
    assert entries(space, value) == [
        (side, bound, suggestion if suggestion is None else pytest.approx(suggestion))
        for side, bound, suggestion in expected
    ]


@pytest.mark.parametrize(
    ("key", "levels", "value", "suggestion"),
    [
        pytest.param("augment.flip.p", (0.5, 1.0), 1.0, None, id="probability"),
        pytest.param("model.kernel_size", (3, 5), 5, 9, id="odd size"),
        pytest.param("model.kernel_size", (3, 5), 3, 1, id="smaller odd size"),
        pytest.param("model.growth", (2.0, 4.0), 4.0, None, id="largest growth"),
        pytest.param("model.growth", (1.0, 2.0), 1.0, None, id="smallest growth"),
        pytest.param("training.epochs", (2, 4), 4, 8, id="epochs"),
        pytest.param("optimizer.lr", (0.1, 0.2), 0.2, 0.4, id="learning rate"),
    ],
)
def test_a_bound_that_the_config_refuses_is_not_suggested(key, levels, value, suggestion):
    trial = Trial(0, "complete", (0.9,), {key: value}, {}, (), Path())
    view = StudyView("s", ("val_accuracy",), (True,), (trial,), {key: Space(levels)})
    flip = {"flip": {"_target_": "tailor.augment.Flip", "p": 1.0}}
    (found,) = at_bounds(view, trial, replace(config(), augment=flip))
    assert found.suggestion == (None if suggestion is None else pytest.approx(suggestion))
