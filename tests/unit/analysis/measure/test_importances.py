"""Importances of parameters, and what chance makes of them."""

from pathlib import Path

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from analysis.measure.importances import MIN_TRIALS_FOR_IMPORTANCES, importances
from analysis.read.study import Space, StudyView, Trial

UNIT = FloatDistribution(0, 1)


def study(values, params, *, maximize=(True,)):
    """One trial per row of values; `params` maps each key to a column."""
    keys = dict.fromkeys(params, UNIT)
    trials = tuple(
        Trial(
            number,
            "complete",
            tuple(np.atleast_1d(row).tolist()),
            {key: float(column[number]) for key, column in params.items()},
            {},
            (),
            Path(str(number)),
            distributions=keys,
        )
        for number, row in enumerate(values)
    )
    objectives = ("a", "b")[: len(maximize)]
    return StudyView("s", objectives, maximize, trials, dict.fromkeys(keys, Space(low=0, high=1)))


def points(count):
    """`rising` from 0 to 1, and `jumping` through five levels."""
    return {"rising": np.linspace(0, 1, count), "jumping": np.arange(count) * 7 % 5 / 5}


@pytest.mark.parametrize("objectives", [1, 2])
@pytest.mark.parametrize("maximize", [True, False])
def test_importances_are_about_the_best_values(maximize, objectives):
    """The best values depend on `rising`, all others on `jumping`."""
    params = points(50)
    rising, jumping = params.values()
    values = (1 if maximize else -1) * np.where(rising > 0.85, 2 * rising, jumping)
    values = np.stack([values, np.ones(50)], axis=1)[:, :objectives]
    measured = importances(study(values, params, maximize=(maximize, False)[:objectives]))
    assert list(measured.shares) == ["rising", "jumping"]
    assert sum(measured.shares.values()) == pytest.approx(1)
    assert measured.trials == 50


FEW = MIN_TRIALS_FOR_IMPORTANCES - 1


@pytest.mark.parametrize(
    ("values", "enough"),
    [
        pytest.param([0.5], False, id="one trial"),
        pytest.param(np.linspace(0, 1, FEW), False, id="too few"),
        pytest.param(np.full(60, 0.5), True, id="all equal"),
        pytest.param([0.0] * 59 + [1.0], True, id="all but the best tie"),
    ],
)
def test_there_are_no_importances(values, enough):
    measured = importances(study(values, points(len(values))))
    assert measured.shares == {}
    assert measured.enough is enough
    assert not measured.beyond_chance


def test_a_single_varying_parameter_has_no_share():
    """It would have all of the importance, by chance too."""
    rising = np.linspace(0, 1, 50)
    for params in ({"lr": rising}, {"lr": rising, "constant": np.ones(50)}):
        measured = importances(study(rising, params))
        assert (measured.shares, measured.several) == ({}, False)
    assert importances(study(rising, points(50))).several


def test_repeated_trials_do_not_count():
    params = {key: np.tile(column, 3) for key, column in points(20).items()}
    values = np.tile(np.linspace(0, 1, 20), 3)
    assert importances(study(values, params)).trials == 20


def test_equal_importances_are_in_one_order():
    column = np.linspace(0, 1, 50)
    measured = importances(study(column, dict.fromkeys("cab", column)))
    assert list(measured.shares) == ["a", "b", "c"]


def test_shuffled_values_are_within_chance_and_a_cause_is_beyond_it():
    """Of 5 studies without any effect, three or more seem to have one with probability 0.001."""
    random = np.random.default_rng(0)
    seeming = 0
    for _ in range(5):
        params = {key: random.random(45) for key in "ab"}
        seeming += importances(study(random.random(45), params)).beyond_chance
    assert seeming < 3
    assert importances(study(-np.abs(params["a"] - 0.5), params)).beyond_chance
