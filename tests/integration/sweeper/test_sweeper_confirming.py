"""The winner of a search is confirmed by runs with other seeds."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig
from optuna.trial import TrialState

from hydra_tailor import current_trial, names
from hydra_tailor.errors import TailorError
from hydra_tailor.policy.pausing import epochs_reported
from hydra_tailor.study.ranking import best_of, confirmations

from .conftest import Sweep, Toy

GRID = ["x=choice(1,2,3,4)", "hydra/sweeper/sampler=grid"]
SEED = "hydra.sweeper.seed_key=y"  # the toy has no seed of its own


def lucky(config: DictConfig) -> float:
    """Less is better: x=1 is lucky with seed 0 alone."""
    trial = current_trial()
    trial.expect(config.epochs)
    for epoch in range(1, config.epochs + 1):
        trial.report(config.x, epoch)
    return float(-1 if (config.x, config.y) == (1, 0) else config.x % 4)


def test_luck_does_not_win(sweep: Sweep, tmp_path: Path) -> None:
    study = sweep(lucky, *GRID, "y=0", SEED, "hydra.sweeper.confirm=3")
    found = best_of(study)
    assert found.params == {"x": 4}
    runs = confirmations(study.trials)
    assert {seed for _, seed in runs} == {1, 2}
    assert Counter(study.trials[number].params["x"] for number, _ in runs) == {1: 2, 2: 2, 4: 2}
    assert len(study.trials) == 4 + 6
    written = yaml.safe_load((tmp_path / "sweep" / names.RESULTS_FILE).read_text())
    assert written["best_trial"] == found.number
    assert written["further_values"] == [0.0, 0.0]


def test_nothing_is_confirmed_unless_a_key_says_so(sweep: Sweep) -> None:
    study = sweep(lucky, *GRID, "y=0")
    assert best_of(study).params == {"x": 1}
    assert len(study.trials) == 4


def test_the_same_command_again_confirms_nothing_twice(sweep: Sweep) -> None:
    command = [*GRID, "y=0", SEED, "hydra.sweeper.confirm=2"]
    before = len(sweep(lucky, *command).trials)
    assert len(sweep(lucky, *command).trials) == before


def test_after_a_target_too_but_not_after_a_timeout(sweep: Sweep) -> None:
    command = [*GRID, "y=0", SEED, "hydra.sweeper.confirm=1", "hydra.sweeper.confirm_seeds=1"]
    study = sweep(lucky, *command, "hydra.sweeper.timeout=0.000001")
    assert not confirmations(study.trials)
    study = sweep(lucky, *command, "hydra.sweeper.target=5")
    assert len(confirmations(study.trials)) == 1


def test_the_seed_of_the_trials_is_not_used_again(sweep: Sweep) -> None:
    command = [*GRID, SEED, "hydra.sweeper.confirm=1"]
    with pytest.raises(TailorError, match="'y', which is searched"):
        sweep(lucky, *command, "++y=choice(0,1)")
    study = sweep(lucky, *command, "+hydra.sweeper.params={y: 1}")
    assert {seed for _, seed in confirmations(study.trials)} == {2, 3}


def test_a_confirmation_that_diverges(sweep: Sweep) -> None:
    command = [*GRID, "y=0", SEED, "hydra.sweeper.confirm=2", "hydra.sweeper.confirm_seeds=1"]
    for _ in range(2):
        study = sweep(lambda config: math.inf if config.y else config.x, *command)
        assert best_of(study).params == {"x": 1}


def test_a_target_that_is_reached_stays_reached(sweep: Sweep) -> None:
    command = [*GRID, "y=0", SEED, "hydra.sweeper.confirm=2", "hydra.sweeper.confirm_seeds=1"]
    searched = []
    for _ in range(2):  # the winner is another one after its runs
        study = sweep(lucky, *command, "hydra.sweeper.target=-1", "hydra.sweeper.n_jobs=1")
        searched.append([one for one in study.trials if names.CONFIRMS not in one.user_attrs])
    assert searched[0][-1].values == [-1]
    assert len(searched[0]) == len(searched[1])


def test_confirming_stays_within_the_budget_of_epochs(sweep: Sweep) -> None:
    pausing = ["x=interval(1,3)", "y=0", "epochs=10", "hydra/sweeper/pruner=promote"]
    budget = ["hydra.sweeper.n_trials=50", "hydra.sweeper.epoch_budget=80"]
    study = sweep(lucky, *pausing, *budget, SEED, "hydra.sweeper.confirm=2")
    assert len(confirmations(study.trials)) == 4
    assert epochs_reported(study.trials) <= 80
    assert all(
        run.state is TrialState.COMPLETE and len(run.intermediate_values) == 10
        for run in confirmations(study.trials).values()
    )


def test_a_budget_without_room_for_a_run_is_named(
    sweep: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["epochs=10", "hydra.sweeper.n_trials=1", "hydra.sweeper.epoch_budget=15"]
    study = sweep(lucky, "x=interval(1,3)", "y=0", *few, SEED, "hydra.sweeper.confirm=1")
    assert not confirmations(study.trials)
    message = "The epoch budget has no room for a further run of trial 0 with another seed."
    assert message in capsys.readouterr().out


@pytest.mark.slow
def test_two_processes_share_the_runs(toy: Toy) -> None:
    command = [*GRID, "shape.height=1", "epochs=4", "pause=[0.03]", "y=0"]
    command += [SEED, "hydra.sweeper.confirm=3", "hydra.sweeper.confirm_seeds=4"]
    first, second = toy.start(*command), toy.start(*command)
    for process in (first, second):
        toy.end(process)
    runs = [trial for trial in toy.trials if names.CONFIRMS in trial.user_attrs]
    pairs = [(run.user_attrs[names.CONFIRMS], run.user_attrs[names.SEED]) for run in runs]
    assert len(pairs) == len(set(pairs)) > 0
    assert {run.state for run in runs} == {TrialState.COMPLETE}
    for run in runs:  # each was trained with its seed
        seed = run.user_attrs[names.SEED]
        bowl = (run.params["x"] - 0.3) ** 2 + (seed + 0.1) ** 2
        assert run.value == pytest.approx(bowl + sum(1 / e for e in range(1, 5)) / 4)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "got"), [("paint", "None"), ("x", "searched"), ("sed", "None")])
def test_a_seed_that_is_none(toy: Toy, key: str, got: str) -> None:
    ended = toy.run(*GRID, "hydra.sweeper.confirm=2", f"hydra.sweeper.seed_key={key}", code=1)
    assert f"got {key!r}, which is {got}" in ended.output
    assert "Traceback" not in ended.output
