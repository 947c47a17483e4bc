"""Reading a study from an in-memory storage."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from analysis.read.study import MIN_TRIALS_FOR_IMPORTANCES, Space, read_study
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
    assert read_study(study).importances == {}


UNIT = FloatDistribution(0, 1)


def add_points(study, count, values_of):
    """Add trials with `rising` from 0 to 1 and `jumping` cycling through five levels."""
    for index in range(count):
        rising, jumping = index / max(1, count - 1), index * 7 % 5 / 5
        study.add_trial(
            create_trial(
                values=values_of(rising, jumping),
                params={"rising": rising, "jumping": jumping},
                distributions={"rising": UNIT, "jumping": UNIT},
            )
        )


@pytest.mark.parametrize("objectives", [1, 2])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_importances_are_about_the_best_values(tmp_path, monkeypatch, direction, objectives):
    """The best values depend on `rising`, all others on `jumping`."""
    monkeypatch.chdir(tmp_path)
    created = optuna.create_study(study_name="s", directions=[direction, "minimize"][:objectives])
    sign = 1 if direction == "maximize" else -1

    def values_of(rising, jumping):
        return [sign * (2 * rising if rising > 0.85 else jumping), 1.0][:objectives]

    add_points(created, 40, values_of)
    importances = read_study(created).importances
    assert list(importances) == ["rising", "jumping"]
    assert sum(importances.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("count", "values_of"),
    [
        pytest.param(1, lambda rising, _: [rising], id="one trial"),
        pytest.param(MIN_TRIALS_FOR_IMPORTANCES - 1, lambda rising, _: [rising], id="too few"),
        pytest.param(30, lambda *_: [0.5], id="all equal"),
        pytest.param(30, lambda rising, _: [float(rising == 1)], id="all but the best tie"),
    ],
)
def test_there_are_no_importances(study, count, values_of):
    add_points(study, count, values_of)
    assert read_study(study).importances == {}


def test_importances_are_in_one_order(study):
    for index in range(12):
        params = {key: index / 11 for key in "cab"}
        add(study, index / 11, dict.fromkeys(params, UNIT), params)
    assert list(read_study(study).importances) == ["a", "b", "c"]
