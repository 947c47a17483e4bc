"""No configuration is drawn twice while one is left, whatever the sampler."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial

from hydra_tailor.policy.distinct import Distinct
from hydra_tailor.policy.sampler import Seeded
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.space.space import Space

NINE: dict[str, BaseDistribution] = {
    "lr": CategoricalDistribution([0.1, 0.2, 0.3]),
    "layers": IntDistribution(2, 4),
}
SAMPLERS = {
    "tpe": "optuna.samplers.TPESampler",
    "random": "optuna.samplers.RandomSampler",
    "gp": "optuna.samplers.GPSampler",
    "cmaes": "optuna.samplers.CmaEsSampler",
    "qmc": "optuna.samplers.QMCSampler",
    "curves": "hydra_tailor.policy.CurveSampler",
}
EXPERIMENTAL = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def space_of(distributions: dict[str, BaseDistribution], **conditions: Any) -> Space:
    parameters = tuple(
        Parameter(name, distribution, condition=conditions.get(name, {}))
        for name, distribution in distributions.items()
    )
    return Space(parameters, fixed=(), known={})


def study_of(
    space: Space, target: str = SAMPLERS["random"], **options: Any
) -> tuple[optuna.Study, Space]:
    config = {"_target_": target, "seed": 1, **options}
    sampler = Distinct(config, space=space, cells=space.cells(1000))
    return optuna.create_study(sampler=sampler), space


def draw(study: optuna.Study, space: Space, n: int) -> list[dict[str, Any]]:
    drawn = []
    for _ in range(n):
        trial = study.ask()
        drawn.append(space.suggest(trial))
        study.tell(trial, float(trial.number))
    return drawn


def n_distinct(drawn: list[dict[str, Any]]) -> int:
    return len({str(configuration) for configuration in drawn})


@EXPERIMENTAL
@pytest.mark.parametrize("target", SAMPLERS.values(), ids=SAMPLERS)
def test_each_configuration_of_a_small_space_once(target: str) -> None:
    study, space = study_of(space_of(NINE), target)
    assert n_distinct(draw(study, space, 9)) == 9
    assert len(draw(study, space, 1)) == 1  # nothing is left: a repetition, not an error


def test_without_it_configurations_repeat() -> None:
    """What makes the others tests at all."""
    space = space_of(NINE)
    study = optuna.create_study(sampler=Seeded({"_target_": SAMPLERS["random"], "seed": 1}))
    assert n_distinct(draw(study, space, 9)) < 9


def test_a_space_too_large_to_list() -> None:
    """500 of 20,000: without a second draw a repetition is missed in 1 of 500 searches."""
    study, space = study_of(space_of({"x": IntDistribution(1, 20_000)}))
    assert space.cells(1000) is None
    assert n_distinct(draw(study, space, 500)) == 500


def test_first_draws_are_the_samplers_own() -> None:
    space = space_of({"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)})
    study, _ = study_of(space)
    plain = optuna.create_study(sampler=Seeded({"_target_": SAMPLERS["random"], "seed": 1}))
    assert draw(study, space, 5) == draw(plain, space, 5)


def test_a_restart_changes_nothing() -> None:
    whole, space = study_of(space_of(NINE), SAMPLERS["tpe"])
    expected = draw(whole, space, 9)
    again, _ = study_of(space, SAMPLERS["tpe"])
    again.add_trials(whole.trials[:4])
    assert draw(again, space, 5) == expected[4:]


def test_conditional_parameters() -> None:
    space = space_of(
        {"model": CategoricalDistribution(["cnn", "mlp"]), "kernel": IntDistribution(3, 5)},
        kernel={"model": ["cnn"]},
    )
    study, _ = study_of(space, SAMPLERS["tpe"])
    drawn = draw(study, space, 4)
    assert n_distinct(drawn) == 4
    assert {"model": "mlp"} in drawn


def test_a_given_value_that_does_not_exist_hides_no_configuration() -> None:
    space = space_of(
        {"model": CategoricalDistribution(["cnn", "mlp"]), "kernel": IntDistribution(3, 4)},
        kernel={"model": ["cnn"]},
    )
    study, _ = study_of(space, SAMPLERS["tpe"])
    study.enqueue_trial({"model": "mlp", "kernel": 3})
    assert n_distinct(draw(study, space, 3)) == 3


def test_given_values_stay_and_the_rest_is_new() -> None:
    study, space = study_of(space_of(NINE))
    for _ in range(3):
        study.enqueue_trial({"lr": 0.2})
    drawn = draw(study, space, 3)
    assert [configuration["lr"] for configuration in drawn] == [0.2] * 3
    assert {configuration["layers"] for configuration in drawn} == {2, 3, 4}


def test_a_trial_that_runs_counts_as_tried() -> None:
    study, space = study_of(space_of(NINE))
    begun = [space.suggest(study.ask()) for _ in range(9)]
    assert n_distinct(begun) == 9


@pytest.mark.parametrize(
    ("distribution", "n"),
    [
        (CategoricalDistribution([1, "a"]), 2),
        (IntDistribution(2, 5), 4),
        (IntDistribution(16, 64, step=16), 4),
        (FloatDistribution(0, 0.3, step=0.1), 4),
        (FloatDistribution(0, 1), float("inf")),
    ],
    ids=str,
)
def test_the_number_of_values(distribution: BaseDistribution, n: float) -> None:
    assert Parameter("x", distribution).size() == n


def test_what_an_older_study_knows_beside_the_space_is_left_out() -> None:
    study, space = study_of(space_of(NINE))
    old: FrozenTrial = optuna.trial.create_trial(
        params={"lr": 0.1, "layers": 2, "gone": 1},
        distributions={**NINE, "gone": IntDistribution(0, 1)},
        value=0.0,
    )
    study.add_trial(old)
    assert {"lr": 0.1, "layers": 2} not in draw(study, space, 8)
