"""Which trial goes on, and that a budget of epochs is spent exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, RandomSampler
from optuna.storages import InMemoryStorage
from optuna.trial import Trial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import ConfigError
from hydra_tailor.policy import CurveSampler, FreezeThaw, Promote
from hydra_tailor.study.confirming import Confirmation
from hydra_tailor.study.continuing import counted
from hydra_tailor.study.outcome import Outcome
from hydra_tailor.study.shared import SharedStudy

LENGTH = 20


def search(shared: SharedStudy) -> int:
    """Train until nothing is left to do; return the number of epochs that were trained."""
    trained = 0
    while (trial := shared.next()) is not None:
        x = trial.suggest_float("x", 0, 1)
        trial.set_user_attr(names.EPOCHS, LENGTH)
        trained += train(shared, trial, x)
    return trained


def train(shared: SharedStudy, trial: Trial, x: float) -> int:
    begun = len(trial.storage.get_trial(trial._trial_id).intermediate_values)
    for epoch in range(begun + 1, LENGTH + 1):
        trial.report(x, epoch)
        if epoch < LENGTH and trial.should_prune():
            assert shared.is_at_rung(trial.number)
            shared.tell(trial.number, Outcome(TrialState.WAITING, paused=True), {})
            return epoch - begun
    shared.tell(trial.number, Outcome(TrialState.COMPLETE, (x,)), {})
    return LENGTH - begun


Make = Callable[[int, int | None], SharedStudy]


def promoting(budget: int, epochs: int | None) -> SharedStudy:
    return study(budget, epochs, RandomSampler(seed=0), Promote())


def thawing(budget: int, epochs: int | None) -> SharedStudy:
    return study(budget, epochs, CurveSampler(seed=0), FreezeThaw(first_rung=2))


def study(
    budget: int, epochs: int | None, sampler: BaseSampler, pruner: BasePruner
) -> SharedStudy:
    return SharedStudy(
        InMemoryStorage(),
        "s",
        directions=("maximize",),
        sampler=sampler,
        budget=budget,
        pruner=pruner,
        epoch_budget=epochs,
    )


both = pytest.mark.parametrize("make", [promoting, thawing])


def test_rungs_end_with_the_whole_length() -> None:
    assert list(Promote().rungs(20)) == [2, 8, 20]
    assert list(Promote(first_rung=1, reduction_factor=3).rungs(9)) == [1, 3, 9]
    assert list(FreezeThaw().rungs(52)) == [4, 14, 52]
    assert list(FreezeThaw().rungs(1)) == [1]


@both
@pytest.mark.parametrize("epochs", [2, 3, 40, 101])
def test_the_budget_of_epochs_is_spent_exactly(make: Make, epochs: int) -> None:
    shared = make(1000, epochs)
    assert search(shared) == epochs
    assert sum(len(trial.intermediate_values) for trial in shared.trials) == epochs


def test_the_best_are_promoted_and_the_leader_is_complete() -> None:
    shared = promoting(16, None)
    search(shared)
    best = max(shared.trials, key=lambda trial: trial.params["x"])
    assert best.state is TrialState.COMPLETE
    reached = sorted(len(trial.intermediate_values) for trial in shared.trials)
    assert reached[0] == 2
    assert reached.count(2) >= 11  # one in four of those known at the time went on


@both
@pytest.mark.parametrize("epochs", range(LENGTH, 4 * LENGTH, 7))
def test_a_budget_that_allows_one_result_has_one(make: Make, epochs: int) -> None:
    shared = make(1000, epochs)
    assert epochs - search(shared) in (0, 1)  # one epoch is too few to begin a trial
    assert TrialState.COMPLETE in {trial.state for trial in shared.trials}


@both
def test_nothing_begins_while_the_leader_needs_what_is_left(make: Make) -> None:
    shared = make(1000, LENGTH)
    leader = shared.next()
    assert leader is not None
    leader.suggest_float("x", 0, 1)
    leader.set_user_attr(names.EPOCHS, LENGTH)
    leader.report(0.5, 1)
    assert shared.next() is None
    train(shared, leader, 0.5)
    again = shared.next()
    assert again is not None
    assert again.number == leader.number


@both
def test_a_trial_that_ended_paused_goes_on_under_a_new_number(make: Make) -> None:
    shared = make(4, 8)
    assert search(shared) == 8
    for trial in shared.paused:
        assert shared.end_paused(trial)
    assert [trial.state for trial in shared.trials] == [TrialState.PRUNED] * 4
    shared.epoch_budget = 8 + LENGTH - 2
    assert search(shared) == LENGTH - 2
    *ended, successor = shared.trials
    before = max(ended, key=lambda trial: trial.params["x"])
    assert successor.user_attrs[names.CONTINUES] == before.number
    assert successor.state is TrialState.COMPLETE
    assert successor.params == before.params
    assert len(counted(shared.trials)) == 4


@both
def test_a_trial_that_paused_at_nan_ends_without_a_value(make: Make) -> None:
    shared = make(4, 8)
    search(shared)
    trial = shared.paused[0]
    trial.intermediate_values[99] = math.nan
    assert shared.end_paused(trial)
    ended = shared.trials[trial.number]
    assert (ended.state, ended.values) == (TrialState.PRUNED, None)


@both
def test_an_enqueued_trial_begins_at_the_first_rung(make: Make) -> None:
    shared = make(8, 2)
    shared.enqueue({"x": 0.25})
    assert search(shared) == 2
    (trial,) = shared.trials
    assert trial.params == {"x": 0.25}
    assert trial.state is TrialState.WAITING
    shared.epoch_budget = 100
    search(shared)
    assert len(shared.trials) == 8


@pytest.mark.parametrize("given", [True, False])
def test_a_first_trial_with_given_values_is_trained_to_its_end(given: bool) -> None:
    """Where nothing is known, given values are better than drawn ones."""
    shared = thawing(8, 100)
    if given:
        shared.enqueue({"x": 0.25})
    order = []
    for _ in range(3):
        trial = shared.next()
        assert trial is not None
        order.append(trial.number)
        x = trial.suggest_float("x", 0, 1)
        trial.set_user_attr(names.EPOCHS, LENGTH)
        train(shared, trial, x)
    assert order == ([0, 0, 1] if given else [0, 1, 2])
    assert (shared.trials[0].state is TrialState.COMPLETE) == given


@both
@pytest.mark.timeout(60)
@pytest.mark.parametrize("n_trials", [1, 3, 8])
def test_a_search_ends_whatever_its_budget_of_epochs(make: Make, n_trials: int) -> None:
    """Also where the last epochs train the leader, but not to its end."""
    for epochs in range(1, 2 * LENGTH):
        assert search(make(n_trials, epochs)) <= epochs


@pytest.mark.parametrize("n_trials", [1, 3, 8])
@pytest.mark.parametrize("epochs", [12, LENGTH, LENGTH + 1, 30])
def test_given_values_end_a_search_whatever_its_budgets(n_trials: int, epochs: int) -> None:
    shared = study(n_trials, epochs, CurveSampler(seed=0), FreezeThaw())
    shared.enqueue({"x": 0.25})
    assert search(shared) <= epochs
    completes = shared.trials[0].state is TrialState.COMPLETE
    assert completes == (epochs >= LENGTH)


@pytest.mark.parametrize("arguments", [{"first_rung": 0}, {"reduction_factor": 1}])
def test_impossible_arguments_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        Promote(**arguments)


def test_an_interrupted_trial_of_unknown_length_is_trained_to_its_end() -> None:
    shared, interrupted = thawing(8, None), False
    while (trial := shared.next()) is not None:
        x = trial.suggest_float("x", 0, 1)
        kept = shared.storage.get_trial(trial._trial_id).intermediate_values
        for epoch in range(len(kept) + 1, LENGTH + 1):
            trial.report(x, epoch)
            assert not trial.should_prune()
            if (trial.number, epoch, interrupted) == (3, 3, False):
                interrupted = True
                shared.tell(3, Outcome(TrialState.WAITING), {})
                break
        else:
            shared.tell(trial.number, Outcome(TrialState.COMPLETE, (x,)), {})
    assert interrupted
    assert [trial.state for trial in shared.trials] == 8 * [TrialState.COMPLETE]
    assert len(shared.trials[3].intermediate_values) == LENGTH


@pytest.mark.parametrize("wrong", [0, 2.5, None])
def test_the_curves_sampler_needs_a_first_trial(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="n_startup_trials` must be a whole number of 1 or more"):
        CurveSampler(n_startup_trials=wrong)


@both
@pytest.mark.parametrize("epochs", [*range(LENGTH, 2 * LENGTH + 4), 5 * LENGTH])
def test_epochs_kept_for_confirming_do_not_stop_the_search(make: Make, epochs: int) -> None:
    shared = make(50, epochs)
    shared.confirmation = Confirmation(1, (1,))
    trained = search(shared)
    assert any(trial.state is TrialState.COMPLETE for trial in shared.trials)
    while (trial := shared.next_confirmation()) is not None:
        trained += train(shared, trial, trial.suggest_float("x", 0, 1))
    assert trained <= epochs
    confirmed = [trial for trial in shared.trials if names.CONFIRMS in trial.user_attrs]
    assert len(confirmed) == (epochs >= 2 * LENGTH)


@both
def test_what_is_not_a_number_is_the_worst(make: Make) -> None:
    shared = make(8, 16)
    first = shared.next()
    assert first is not None
    first.set_user_attr(names.EPOCHS, LENGTH)
    train(shared, first, math.nan)
    search(shared)
    assert len(shared.trials[0].intermediate_values) == 2


@pytest.mark.parametrize(("room", "takes"), [(20, False), (18, False), (17, True), (14, True)])
def test_the_last_epochs_are_for_the_leader(room: float, takes: bool) -> None:
    shared = promoting(1, 2)
    search(shared)  # the leader has 2 of 20 epochs
    study, trials = shared.study, shared.trials
    assert Promote().takes_from_leader(study, trials, 1, 4, room + 4) is takes
    assert not Promote().takes_from_leader(study, [], 1, 4, room + 4)
    assert not Promote().takes_from_leader(study, trials, 0, 4, room + 4)  # the leader itself
