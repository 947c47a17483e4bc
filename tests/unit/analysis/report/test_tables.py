"""Captions, values and marked rows of the report's tables."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.read.study import StudyView, Trial
from analysis.report import tables
from tailor.config import run_config
from tests.studies import composed


def trial(number, *values):
    state = "complete" if values else "pruned"
    return Trial(number, state, values, {}, {}, (), Path(str(number)))


def findings_of(chosen, *trials):
    view = StudyView("s", ("val_accuracy",), (True,), trials, {})
    return SimpleNamespace(view=view, chosen=view.trials[chosen])


STUDY = (trial(0, 0.8), trial(1, 0.9), trial(2, 0.7), trial(3))


@pytest.mark.parametrize(
    ("chosen", "top", "numbers", "caption"),
    [
        pytest.param(
            1, 2, "10", "best 2 of 3 complete trials.* analysed trial is bold\\.$", id="best"
        ),
        pytest.param(
            2, 2, "102", "best 2 of 3 .* is bold and appears below them", id="below the top"
        ),
        pytest.param(3, 5, "1023", "best 3 of 3 .* is bold and appears below them", id="pruned"),
        pytest.param(3, None, "1023", "All trials", id="all"),
    ],
)
def test_the_analysed_trial_is_there_and_bold(chosen, top, numbers, caption):
    table = tables.trials(findings_of(chosen, *STUDY), top=top)
    assert [row[0] for row in table.rows] == list(numbers)
    assert table.marked == [numbers.index(str(chosen))]
    assert re.search(caption, table.caption)


def test_a_study_without_a_complete_trial():
    table = tables.trials(findings_of(0, trial(0)), top=5)
    assert [row[:2] for row in table.rows] == [["0", "pruned"]]
    assert table.caption == "No trial is complete. The analysed trial is bold."


def test_the_settings_of_a_searched_group_are_marked():
    params = {"augment": "[crop_flip]", "optimizer.lr": 0.1}
    config = run_config(composed("s", params))
    chosen = SimpleNamespace(params=params)
    table = tables.hyperparameters(SimpleNamespace(config=config, chosen=chosen))
    marked = [table.rows[index][0] for index in table.marked]
    assert "optimizer.lr" in marked
    assert len(marked) > 2
    assert all(key == "optimizer.lr" or key.startswith("augment.") for key in marked)


def test_settings_are_written_as_they_are_typed():
    params = {"training.batch_size": 1024, "optimizer.lr": 0.0123456, "model.activation": "relu"}
    config = run_config(composed("s", params))
    source = {**config.data.source, "root": "/here", "size": [32, 48], "path": "my, flowers"}
    config = replace(config, data=replace(config.data, root="/here", source=source))
    chosen = SimpleNamespace(params=params)
    table = tables.hyperparameters(SimpleNamespace(config=config, chosen=chosen))
    values = dict(table.rows)
    assert not values.keys() & {"data.root", "data.source.root"}
    assert (
        values.items()
        >= {
            "training.batch_size": "1024",
            "optimizer.lr": "0.0123456",
            "model.activation": "relu",
            "training.patience": "null",
            "training.tta": "false",
            "augment": "none",
            "data.source.size": "[32,48]",
            "data.source.path": "'my, flowers'",
        }.items()
    )
