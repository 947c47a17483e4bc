"""Who may say how a trial ended, when it changed hands meanwhile."""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from hydra_tailor import names
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.study.outcome import Outcome
from hydra_tailor.study.owner import this_process
from hydra_tailor.study.shared import SharedStudy

COMPLETE = Outcome(TrialState.COMPLETE, values=(1.0,))
FAIL = Outcome(TrialState.FAIL, reason="broken")
WAITING, RUNNING = Outcome(TrialState.WAITING), Outcome(TrialState.RUNNING)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedStudy:
    monkeypatch.setattr("hydra_tailor.study.shared.CONFIRMATION_SECONDS", 0.0)
    return SharedStudy(
        open_storage(f"sqlite:///{tmp_path / 'study.db'}"),
        "s",
        directions=("minimize",),
        sampler=optuna.samplers.RandomSampler(seed=0),
        budget=2,
    )


def take(shared: SharedStudy) -> optuna.trial.Trial:
    trial = shared.next()
    assert trial is not None
    return trial


def give(shared: SharedStudy, trial: optuna.trial.Trial, owner: str, state: TrialState) -> None:
    """What another process does that takes a trial over."""
    shared.storage.set_trial_user_attr(trial._trial_id, names.OWNER, owner)
    shared.storage.set_trial_state_values(trial._trial_id, state)


@pytest.mark.parametrize(
    ("outcome", "told", "state"),
    [
        pytest.param(COMPLETE, TrialState.COMPLETE, TrialState.COMPLETE, id="a-result-counts"),
        pytest.param(FAIL, TrialState.RUNNING, TrialState.RUNNING, id="a-failure-does-not"),
        pytest.param(WAITING, TrialState.RUNNING, TrialState.RUNNING, id="nor-an-interruption"),
        pytest.param(RUNNING, TrialState.RUNNING, TrialState.RUNNING, id="nor-having-given-up"),
    ],
)
def test_of_a_trial_in_other_hands_only_a_result_is_kept(
    shared: SharedStudy, outcome: Outcome, told: TrialState, state: TrialState
) -> None:
    trial = take(shared)
    give(shared, trial, "other:1:1.00", TrialState.RUNNING)
    assert shared.tell(trial.number, outcome, {"a": 1}) is told
    kept = shared.study.trials[0]
    assert kept.state is state
    assert ("a" in kept.user_attrs) == (outcome is COMPLETE)


def test_the_first_result_stays(shared: SharedStudy) -> None:
    trial = take(shared)
    shared.storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [3.0])
    assert shared.tell(trial.number, COMPLETE, {}) is TrialState.COMPLETE
    assert shared.study.trials[0].value == 3.0


def test_a_result_counts_also_where_the_trial_was_put_back(shared: SharedStudy) -> None:
    trial = take(shared)
    give(shared, trial, "other:1:1.00", TrialState.WAITING)
    assert shared.tell(trial.number, COMPLETE, {}) is TrialState.COMPLETE
    assert shared.study.trials[0].value == 1.0


def test_a_result_counts_where_the_trial_is_put_back_while_it_is_told(
    shared: SharedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = take(shared)
    tell = shared.study.tell

    def too_late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.undo()
        give(shared, trial, "other:1:1.00", TrialState.WAITING)
        return tell(*arguments, **options)

    monkeypatch.setattr(shared.study, "tell", too_late)
    assert shared.tell(trial.number, COMPLETE, {}) is TrialState.COMPLETE
    assert shared.study.trials[0].value == 1.0


def test_a_running_trial_that_others_put_back_is_taken_back_not_run_twice(
    shared: SharedStudy,
) -> None:
    trial = take(shared)
    give(shared, trial, "other:1:1.00", TrialState.WAITING)
    shared._read = None
    assert take(shared).number == 1
    assert shared.reclaim() == []
    kept = shared.study.trials[0]
    assert kept.state is TrialState.RUNNING
    assert kept.user_attrs[names.OWNER] == this_process()


def test_a_trial_that_was_taken_unknowingly_is_given_back(shared: SharedStudy) -> None:
    """Its state was set, and the answer got lost."""
    trial = take(shared)
    del shared.running[trial.number]
    assert shared.reclaim() == [0]
    assert take(shared).number == 0


def test_only_what_is_ours_is_released(shared: SharedStudy) -> None:
    ours, theirs = take(shared), take(shared)
    give(shared, theirs, "other:1:1.00", TrialState.RUNNING)
    shared.budget = 3
    unknown = take(shared)
    del shared.running[unknown.number]  # as where a signal came just after it was taken
    assert shared.release() == [ours.number, unknown.number]
    assert [trial.state for trial in shared.study.trials] == [
        TrialState.WAITING,
        TrialState.RUNNING,
        TrialState.WAITING,
    ]


def test_a_trial_that_has_just_ended_is_not_asked_to_stop(shared: SharedStudy) -> None:
    ended, runs = take(shared), take(shared)
    shared.storage.set_trial_state_values(ended._trial_id, TrialState.COMPLETE, [3.0])
    shared.ask_to_stop()
    asked = [trial.system_attrs.get(names.STOP) for trial in shared.study.trials]
    assert asked == [None, this_process()]
    assert runs.number in shared.running


def test_where_a_trial_began_is_remembered(shared: SharedStudy) -> None:
    trial = take(shared)
    give(shared, trial, "other:1:1.00", TrialState.WAITING)
    del shared.running[trial.number]
    shared._read = None
    assert take(shared).number == trial.number
    assert shared.began_on == {0: "other"}
