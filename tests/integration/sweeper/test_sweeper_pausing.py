"""Trials that pause and go on, in real processes."""

from __future__ import annotations

import re

import psutil
import pytest
from optuna.trial import TrialState

from hydra_tailor.policy.pausing import epochs_reported

from .conftest import Toy, X, load, processes_of, states

pytestmark = pytest.mark.slow

LENGTH = 20
BUDGET = 60
SPACE = [X, f"epochs={LENGTH}", "shape.height=1", "hydra.sweeper.n_trials=100"]
PROMOTE = [*SPACE, "hydra/sweeper/pruner=promote"]
FREEZE_THAW = [*SPACE, "hydra/sweeper/sampler=curves", "hydra/sweeper/pruner=freeze_thaw"]
PAUSING = [*PROMOTE, "pause=[0.01]", "hydra.sweeper.pictures=true"]

both = pytest.mark.parametrize(
    "policy", [pytest.param(PROMOTE, id="promote"), pytest.param(FREEZE_THAW, id="freeze_thaw")]
)


def trained(toy: Toy, number: int) -> list[int]:
    """The epochs that a trial trained, in order, also those that it trained twice."""
    file = toy.sweep_dir / str(number) / "epochs.txt"
    return list(map(int, file.read_text().split())) if file.exists() else []


def assert_whole(toy: Toy, budget: int) -> None:
    """Contract of a search that ended: budget and values as if nothing had disturbed it."""
    assert budget - epochs_reported(toy.trials) in (0, 1)  # one epoch is too few to begin a trial
    # One for which another process took the last epochs waits for a larger budget.
    begun = [trial for trial in toy.trials if trial.intermediate_values]
    assert {trial.state for trial in begun} == {TrialState.COMPLETE, TrialState.PRUNED}
    for trial in begun:
        reports = trial.intermediate_values
        assert list(reports) == list(range(1, len(reports) + 1))
        bowl = (trial.params["x"] - 0.3) ** 2 + 0.1**2
        for epoch, value in reports.items():
            assert value == pytest.approx(bowl + sum(1 / e for e in range(1, epoch + 1)) / epoch)
        if trial.state is TrialState.COMPLETE:
            assert len(reports) == LENGTH
            assert trial.value == reports[LENGTH]


@both
def test_kill_9_at_several_moments(toy: Toy, policy: list[str]) -> None:
    command = [*policy, "pause=[0.05]", f"hydra.sweeper.epoch_budget={BUDGET}"]
    for begun in (2, 7, 12):
        process = toy.start(*command)
        toy.wait_for(lambda n=begun, p=process: len(toy.events) >= n or p.poll() is not None)
        workers = processes_of(process) if process.poll() is None else []
        process.kill()
        toy.end(process, code=None)
        psutil.wait_procs(workers, timeout=10)
    toy.run(*command)
    assert_whole(toy, BUDGET)
    n_killed = 3
    again = sum(len(trained(toy, t.number)) - len(t.intermediate_values) for t in toy.trials)
    assert again <= 2 * n_killed  # of each killed worker, at most the epoch that ran


@both
def test_two_processes_share_a_budget_of_epochs(toy: Toy, policy: list[str]) -> None:
    command = [*policy, "pause=[0.03]", f"hydra.sweeper.epoch_budget={BUDGET}"]
    first, second = toy.start(*command), toy.start(*command)
    for process in (first, second):
        toy.end(process)
    assert_whole(toy, BUDGET)
    for trial in toy.trials:  # no trial was continued by both
        assert trained(toy, trial.number) == list(range(1, len(trial.intermediate_values) + 1))


@both
def test_a_program_without_checkpoints_begins_anew_and_is_right(
    toy: Toy, policy: list[str]
) -> None:
    toy.run(*policy, "pause=[0.0]", "keep=false", f"hydra.sweeper.epoch_budget={BUDGET}")
    assert_whole(toy, BUDGET)
    complete = [t.number for t in toy.trials if t.state is TrialState.COMPLETE]
    assert all(trained(toy, number).count(1) > 1 for number in complete)


@both
def test_a_search_begins_once_with_what_another_lends(toy: Toy, policy: list[str]) -> None:
    # Without the config's values: as the lender's best ones, they would be lent to no purpose.
    own = "hydra.sweeper.begin_with_config=false"
    toy.run(*policy, own, "pause=[0.0]", f"hydra.sweeper.epoch_budget={BUDGET}")
    lender = toy.study
    storage = toy.sweep_dir / "study.db"
    borrower = [
        *policy,
        "y=interval(-1,0)",  # the lender does not have it
        "pause=[0.05]",
        "hydra.sweeper.epoch_budget=30",
        f"hydra.sweeper.storage=sqlite:///{storage}",
        f"hydra.sweep.dir={toy.directory / 'borrower'}",
        "hydra.sweeper.study_name=borrower",
        "hydra.sweeper.learn_from=toy",
    ]
    process = toy.start(*borrower)
    toy.wait_for(lambda: (toy.directory / "borrower" / "1" / "state.json").exists())
    process.kill()
    toy.end(process, code=None)
    ended = toy.run(*borrower)
    trials = load(storage, "borrower").trials
    assert trials[0].params == {"x": 0.0, "y": 0.0}  # the config's own values
    assert trials[1].params == {"x": lender.best_params["x"], "y": 0.0}
    assert [t.params for t in trials].count(trials[1].params) == 1
    assert len(lender.trials) == len(load(storage).trials)  # the lender is as it was
    assert "borrower has begun already" in ended.output


def test_freeze_thaw_trains_what_has_no_known_length_to_its_end(toy: Toy) -> None:
    toy.run(*FREEZE_THAW, "expect=false", "hydra.sweeper.n_trials=8", "pause=[0.0]")
    assert states(toy.study) == "CCCCCCCC"
    assert {len(trial.intermediate_values) for trial in toy.trials} == {LENGTH}


def test_promotion_ends_where_lengths_are_unknown(toy: Toy) -> None:
    toy.run(*PROMOTE, "expect=false", "hydra.sweeper.n_trials=8", "pause=[0.0]")
    reported = sorted(len(trial.intermediate_values) for trial in toy.trials)
    assert (reported[0], reported[-1]) == (2, LENGTH)
    assert states(toy.study).count("C") == reported.count(LENGTH)


@both
def test_advice_for_more_trials_names_both_budgets(toy: Toy, policy: list[str]) -> None:
    few = [*policy, "hydra.sweeper.n_trials=3", "epochs=2", "pause=[0.0]"]
    ended = toy.run(*few, "hydra.sweeper.epoch_budget=6")
    (more,) = re.findall(r"the same command with (.*)\.\n", ended.output)
    assert more == "hydra.sweeper.n_trials=6 hydra.sweeper.epoch_budget=12"
    toy.run(*few, *more.split())
    assert states(toy.study) == "CCCCCC"


def test_freeze_thaw_needs_its_model(toy: Toy) -> None:
    refused = toy.run(*SPACE, "hydra/sweeper/pruner=freeze_thaw", code=1)
    assert "Add hydra/sweeper/sampler=curves" in refused.output
    assert "Traceback" not in refused.output


def test_freeze_thaw_leaves_a_grid_whole(toy: Toy) -> None:
    grid = ["x=choice(-0.5,0,0.5)", "epochs=4", "hydra/sweeper/sampler=grid"]
    ended = toy.run(*grid, "hydra/sweeper/pruner=freeze_thaw")
    assert states(toy.study) == "CCC"
    assert "no trial pauses" in ended.output


def test_a_budget_of_epochs_is_spent_and_its_advice_is_true(toy: Toy) -> None:
    ended = toy.run(*PAUSING, "hydra.sweeper.epoch_budget=40")
    assert epochs_reported(toy.trials) in (39, 40)  # one epoch is too few to begin a trial
    assert set(states(toy.study)) == {"C", "P"}
    (more,) = re.findall(r"hydra\.sweeper\.epoch_budget=\d+", ended.output)
    toy.run(*PAUSING, more)
    assert epochs_reported(toy.trials) in (79, 80)
    for trial in toy.trials:
        if trial.state is TrialState.COMPLETE:
            assert len(trial.intermediate_values) == LENGTH


def test_a_trial_that_ended_paused_has_its_note_and_its_curve(toy: Toy) -> None:
    toy.run(*PAUSING, "hydra.sweeper.epoch_budget=24")
    study = toy.study
    noted = study._storage.get_study_system_attrs(study._study_id)
    for trial in toy.trials:
        assert f"dashboard:{trial._trial_id}:note_ver" in noted
        assert any(key.startswith("artifacts:") for key in trial.system_attrs)
