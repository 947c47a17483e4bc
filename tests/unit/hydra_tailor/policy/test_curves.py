"""What the curve sampler learns, and from what."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from scipy.integrate import quad
from scipy.stats import norm

from hydra_tailor import names
from hydra_tailor.policy import CurveSampler
from hydra_tailor.policy.curves import _log_improvement

SPACE = {"x": FloatDistribution(0.0, 1.0), "y": FloatDistribution(0.0, 1.0)}
LENGTH = 16


def value(x: float, y: float, epoch: int) -> float:
    """Best at (0.2, 0.7); a curve that saturates."""
    return (1 - (x - 0.2) ** 2 - (y - 0.7) ** 2) * (1 - 0.5 / epoch)


def trial(
    x: float,
    y: float,
    epochs: int,
    *,
    sign: float = 1.0,
    state: TrialState | None = None,
    **system: Any,
) -> FrozenTrial:
    reports = {epoch: sign * value(x, y, epoch) for epoch in range(1, epochs + 1)}
    state = state or (TrialState.COMPLETE if epochs == LENGTH else TrialState.WAITING)
    return create_trial(
        state=state,
        value=reports[epochs] if state is TrialState.COMPLETE else None,
        params={"x": x, "y": y},
        distributions=SPACE,
        intermediate_values=reports,
        user_attrs={names.EPOCHS: LENGTH},
        system_attrs=system,
    )


def study(*trials: FrozenTrial, direction: str = "maximize") -> optuna.Study:
    made = optuna.create_study(direction=direction, sampler=CurveSampler(seed=0))
    made.add_trials(trials)
    return made


GRID = [(x, y) for x in (0.0, 0.3, 0.6, 0.9) for y in (0.1, 0.5, 0.9)]


def proposed(made: optuna.Study) -> dict[str, Any]:
    sampler = CurveSampler(seed=0)
    model = sampler.model(made, made.trials)
    assert model is not None
    return model.best_new(sampler.generator(len(made.trials)))[0]


def from_optimum(parameters: dict[str, Any]) -> float:
    return math.dist((parameters["x"], parameters["y"]), (0.2, 0.7))


@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1.0), ("minimize", -1.0)])
@pytest.mark.parametrize("epochs", [1, 4, LENGTH])
def test_it_finds_the_optimum_from_curves_of_any_length(
    direction: str, sign: float, epochs: int
) -> None:
    made = study(*[trial(x, y, epochs, sign=sign) for x, y in GRID], direction=direction)
    found = []
    for _ in range(10):
        found.append(proposed(made))
        made.add_trial(trial(found[-1]["x"], found[-1]["y"], epochs, sign=sign))
    assert min(map(from_optimum, found)) < 0.12  # the nearest of the grid: 0.22


def test_it_draws_at_random_while_it_knows_too_little() -> None:
    sampler = CurveSampler(n_startup_trials=6, seed=0)
    few = study(*[trial(x, y, 4) for x, y in GRID[:5]])
    assert sampler.model(few, few.trials) is None
    enough = study(*[trial(x, y, 4) for x, y in GRID[:6]])
    assert sampler.model(enough, enough.trials) is not None


def test_the_better_curve_is_the_more_promising() -> None:
    made = study(*[trial(x, y, LENGTH) for x, y in GRID], trial(0.9, 0.1, 4), trial(0.2, 0.65, 4))
    model = CurveSampler(seed=0).model(made, made.trials)
    assert model is not None
    best = model.most_promising(made.trials[-2:])
    assert best is not None
    assert best[0].params == {"x": 0.2, "y": 0.65}


def test_what_cannot_be_finished_promises_less() -> None:
    made = study(*[trial(x, y, LENGTH) for x, y in GRID], trial(0.2, 0.65, 4))
    model = CurveSampler(seed=0).model(made, made.trials)
    assert model is not None
    paused = made.trials[-1:]
    whole, part = model.most_promising(paused), model.most_promising(paused, room=2)
    assert whole is not None
    assert part is not None
    assert part[1] < whole[1] / 2


def test_what_runs_already_promises_no_more() -> None:
    known = [trial(x, y, LENGTH) for x, y in GRID]
    sampler = CurveSampler(seed=0)
    proposals, promises = [], []
    for _ in range(4):
        running = [trial(p["x"], p["y"], 0, state=TrialState.RUNNING) for p in proposals]
        made = study(*known, *running)
        model = sampler.model(made, made.trials)
        assert model is not None
        best, promise = model.best_new(sampler.generator(0))  # the same candidates each time
        proposals.append(best)
        promises.append(promise)
    assert len({(p["x"], p["y"]) for p in proposals}) == 4
    assert promises == sorted(promises, reverse=True)
    assert promises[-1] < promises[0] - 0.1  # logarithms


def test_a_long_run_must_promise_more_than_a_short_one() -> None:
    """Where the number of epochs is searched, the promise is per epoch."""
    space = SPACE | {"epochs": CategoricalDistribution([4, LENGTH])}
    known = [
        create_trial(
            value=value(x, y, 16),
            params={"x": x, "y": y, "epochs": epochs},
            distributions=space,
            intermediate_values={epoch: value(x, y, 16) for epoch in range(1, epochs + 1)},
            user_attrs={names.EPOCHS: epochs},
        )
        for (x, y), epochs in zip(GRID, [4, LENGTH] * 6, strict=True)
    ]
    made = study(*known)
    assert made.ask(space).params["epochs"] == 4


def test_luck_is_no_reason_to_repeat_a_configuration() -> None:
    """First epochs differ by chance, last ones hardly: a lucky one is not tried for again."""
    luck = np.random.default_rng(0)
    made, drawn = study(), []
    for number in range(40):
        model = CurveSampler(seed=0).model(made, made.trials)
        x = (
            luck.random()
            if model is None
            else model.best_new(np.random.default_rng(number))[0]["x"]
        )
        values = {1: 0.85 + 0.01 * x + 0.013 * luck.normal(), 2: 0.89, 3: 0.9 + 0.001 * x}
        reports = values if number % 3 == 0 else {1: values[1]}
        made.add_trial(
            create_trial(
                state=TrialState.COMPLETE if len(reports) == 3 else TrialState.WAITING,
                value=values[3] if len(reports) == 3 else None,
                params={"x": x},
                distributions={"x": SPACE["x"]},
                intermediate_values=reports,
                user_attrs={names.EPOCHS: 3},
            )
        )
        drawn.append(x)
    gaps = [min(abs(x - other) for other in drawn[:i]) for i, x in enumerate(drawn) if i >= 6]
    assert min(gaps) > 0.01


@pytest.mark.parametrize("z", [3.0, 0.0, -0.999, -1.001, -7.0, -36.0])
def test_the_logarithm_of_an_improvement_is_right(z: float) -> None:
    numerically, _ = quad(lambda y: y * norm.pdf(y - z), 0, max(z, 0) + 12, epsabs=0)
    assert _log_improvement(np.array([z]))[0] == pytest.approx(math.log(numerically), rel=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_no_numbers_are_left_out(bad: float) -> None:
    known = [trial(x, y, 4) for x, y in GRID]
    odd = create_trial(
        state=TrialState.PRUNED,
        params={"x": 0.5, "y": 0.5},
        distributions=SPACE,
        intermediate_values={1: bad, 2: bad},
    )
    assert set(proposed(study(*known, odd))) == {"x", "y"}


def test_equal_values_are_no_reason_to_fail() -> None:
    known = [
        create_trial(value=1.0, params={"x": x, "y": y}, distributions=SPACE) for x, y in GRID
    ]
    assert set(study(*known).ask(SPACE).params) == {"x", "y"}


def test_the_same_seed_draws_the_same() -> None:
    known = [trial(x, y, 4) for x, y in GRID]
    assert proposed(study(*known)) == proposed(study(*known))


def test_it_proposes_only_parameters_that_exist() -> None:
    """And so none that differs from a tried configuration in nothing that exists."""
    of_model = {"model": CategoricalDistribution(["flat", "wide"])}
    flat = [
        create_trial(value=0.9, params={"model": "flat"}, distributions=of_model) for _ in range(3)
    ]
    wide = [
        create_trial(
            value=-abs(x - 0.3),
            params={"model": "wide", "x": x},
            distributions={**of_model, "x": SPACE["x"]},
        )
        for x in (0.1, 0.5, 0.7, 0.9)
    ]
    made = study(*flat, *wide)
    for conditions, expected in ({}, "flat"), ({"x": {"model": ["wide"]}}, "wide"):
        sampler = CurveSampler(seed=0)
        sampler.conditions = conditions
        model = sampler.model(made, made.trials)
        assert model is not None
        values, _ = model.best_new(sampler.generator(7))
        assert values["model"] == expected
        assert "x" in values


def test_several_objectives_are_left_to_tpe() -> None:
    drawn = []
    for sampler in (CurveSampler(seed=0), optuna.samplers.TPESampler(seed=0)):
        made = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
        for _ in range(15):
            asked = made.ask(SPACE)
            made.tell(asked, [asked.params["x"], asked.params["y"]])
        drawn.append([trial.params for trial in made.trials])
    assert drawn[0] == drawn[1]
