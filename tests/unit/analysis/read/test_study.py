"""Reading a study from an in-memory storage."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from analysis.read.study import Space, read_study
from hydra_tailor.files import write_json
from tailor import names


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return optuna.create_study(study_name="s", direction="maximize")


def add(study, value, distributions, params, state=TrialState.COMPLETE, **attributes):
    study.add_trial(
        create_trial(
            state=state,
            value=value,
            params=params,
            distributions=distributions,
            user_attrs=attributes,
        )
    )


@pytest.mark.parametrize(
    ("distribution", "value", "expected"),
    [
        pytest.param(
            CategoricalDistribution((50, 10, 20)), 10, Space(levels=(10, 20, 50)), id="numbers"
        ),
        pytest.param(
            CategoricalDistribution(("relu", "gelu")),
            "relu",
            Space(levels=("relu", "gelu")),
            id="names",
        ),
        pytest.param(
            FloatDistribution(0.01, 1, log=True),
            0.1,
            Space(low=0.01, high=1, log=True),
            id="interval",
        ),
        pytest.param(
            IntDistribution(2, 4), 2, Space(levels=(2, 3, 4), low=2, high=4), id="few integers"
        ),
    ],
)
def test_a_distribution_becomes_a_space(study, distribution, value, expected):
    add(study, 0.5, {"k": distribution}, {"k": value})
    assert read_study(study).spaces == {"k": expected}


def test_a_widened_space_includes_every_trial(study):
    add(study, 0.5, {"k": CategoricalDistribution((8, 16))}, {"k": 8})
    add(study, 0.6, {"k": CategoricalDistribution((4, 16))}, {"k": 4})
    assert read_study(study).spaces["k"].levels == (4, 8, 16)


def test_facts_come_from_attributes_or_else_from_the_run(study, tmp_path):
    run = tmp_path / "multirun" / "s" / "0"
    write_json(run / names.RESULT_FILE, {"seconds": 12.0, "parameters": 99, "status": "complete"})
    add(study, 0.5, {}, {}, seconds=3.0)
    (trial,) = read_study(study).trials
    assert trial.facts == {"seconds": 3.0, "parameters": 99}
    assert trial.directory.resolve() == run


def test_a_failed_trial_keeps_its_reason_and_has_no_value(study):
    add(study, None, {}, {}, state=TrialState.FAIL, fail_reason="diverged")
    (trial,) = read_study(study).trials
    assert (trial.state, trial.values, trial.fail_reason) == ("fail", (), "diverged")


def test_of_equal_values_the_earlier_trial_is_better(study):
    for value in (0.5, 0.6, 0.6):
        add(study, value, {}, {})
    assert [trial.number for trial in read_study(study).ranked] == [1, 2, 0]


def test_a_trial_that_repeats_another_counts_once(study):
    space = {"k": CategoricalDistribution((1, 2))}
    for k, loss in ((1, 0.3), (1, 0.3), (2, 0.3), (1, 0.4)):
        add(study, 0.5, space, {"k": k}, val_accuracy=0.5, val_loss=loss)
    view = read_study(study)
    assert len(view.ranked) == 4
    assert [trial.number for trial in view.distinct] == [0, 2, 3]
