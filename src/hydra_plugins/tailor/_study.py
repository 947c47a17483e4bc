"""The study of a sweep: which trial is next, what became of it. Safe beside other processes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat, is_heartbeat_enabled
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from tailor import names

from ._record import Outcome
from ._resume import abandoned, attempts, counted, this_process


class SharedStudy:
    """A study that this process and perhaps others work on.

    Every trial begins as WAITING, created whole with its owner's name, and is taken by whoever
    sets it RUNNING first. An interrupted or abandoned one goes back to WAITING and keeps its
    number, its parameters and what it reported.

    Args:
        storage: where the study lies.
        name: of the study; made where it is missing.
        directions: `minimize` or `maximize`, one an objective.
        sampler: draws parameters of new trials.
        budget: trials the study is to have in all.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        *,
        directions: tuple[str, ...],
        sampler: BaseSampler,
        budget: int,
    ) -> None:
        self.storage = storage
        self.study: Study = _create(storage, name, directions, sampler)
        self.budget = budget
        self.running: dict[int, Trial] = {}
        """Trials that this process runs, by number."""

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def enqueue(self, configuration: Mapping[str, Any], **attributes: Any) -> None:
        self.study.enqueue_trial(
            dict(configuration),
            user_attrs={names.OWNER: this_process(), **attributes},
            skip_if_exists=not attributes,
        )

    def next(self) -> Trial | None:
        """Take the next trial, or None while the budget is spent or in other hands."""
        while True:
            trials = self.trials
            allowed = counted(trials)[: self.budget]
            if not any(trial.state is TrialState.WAITING for trial in allowed):
                if len(counted(trials)) >= self.budget:
                    return None
                self.study.add_trial(
                    create_trial(
                        state=TrialState.WAITING, user_attrs={names.OWNER: this_process()}
                    )
                )
            trial = self._take()
            if trial is None:
                continue
            if any(trial.number == one.number for one in counted(self.trials)[: self.budget]):
                self._own(trial)
                return trial
            self._set_state(trial, TrialState.WAITING)  # another process was quicker
            return None

    def _take(self) -> Trial | None:
        with warnings.catch_warnings():
            # Beats are sent by `_sweep`, for all running trials in one thread.
            warnings.filterwarnings("ignore", message="Heartbeat of storage")
            return self.study.ask()

    def _own(self, trial: Trial) -> None:
        frozen = self.storage.get_trial(trial._trial_id)
        if frozen.user_attrs.get(names.OWNER) != this_process():
            trial.set_user_attr(names.OWNER, this_process())
        if frozen.system_attrs.get(names.STOP):
            self.storage.set_trial_system_attr(trial._trial_id, names.STOP, False)
        self.running[trial.number] = trial

    def tell(self, number: int, outcome: Outcome, attributes: Mapping[str, Any]) -> TrialState:
        """Record how a trial of ours ended; one finished elsewhere meanwhile stays as it is."""
        trial = self.running.pop(number)
        if self.storage.get_trial(trial._trial_id).state.is_finished():
            return self.storage.get_trial(trial._trial_id).state
        for key, value in attributes.items():
            trial.set_user_attr(key, value)
        if outcome.state is TrialState.WAITING:
            self._set_state(trial, TrialState.WAITING)
            return outcome.state
        frozen = self.study.tell(
            trial, values=outcome.values, state=outcome.state, skip_if_finished=True
        )
        return frozen.state

    def retry(self, number: int, limit: int) -> bool:
        """Enqueue a failed trial's configuration again, unless it was tried often enough."""
        trials = self.trials
        if attempts(trials, number) >= limit:
            return False
        self.enqueue(trials[number].params, **{names.RETRY_OF: number})
        return True

    def reclaim(self) -> list[int]:
        """Put trials of processes that are gone back to WAITING; return their numbers."""
        gone = abandoned(self.study, self.storage, ours=set(self.running))
        for trial in gone:
            self._set_state(trial, TrialState.WAITING)
        return [trial.number for trial in gone]

    def release(self) -> list[int]:
        """Put our own trials back to WAITING, when their jobs are gone; return their numbers."""
        released = sorted(self.running)
        for number in released:
            self._set_state(self.running.pop(number), TrialState.WAITING)
        return released

    def ask_to_stop(self) -> None:
        """Ask the jobs of our trials to end at their next report."""
        for trial in list(self.running.values()):
            self.storage.set_trial_system_attr(trial._trial_id, names.STOP, True)

    def _set_state(self, trial: Trial | FrozenTrial, state: TrialState) -> None:
        try:
            self.storage.set_trial_state_values(trial._trial_id, state)
        except optuna.exceptions.UpdateFinishedTrialError:
            return  # it was finished elsewhere, by the dashboard for one

    def beat(self) -> None:
        """Give a sign of life for each of our trials, where the storage keeps those."""
        if not is_heartbeat_enabled(self.storage):
            return
        assert isinstance(self.storage, BaseHeartbeat)
        for trial in list(self.running.values()):
            self.storage.record_heartbeat(trial._trial_id)


def _create(
    storage: BaseStorage, name: str, directions: tuple[str, ...], sampler: BaseSampler
) -> Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=storage,
        study_name=name,
        directions=[StudyDirection[direction.upper()] for direction in directions],
        sampler=sampler,
        load_if_exists=True,
    )


class Heartbeat(threading.Thread):
    """Beats for a study in the background until it is told to end."""

    def __init__(self, study: SharedStudy, interval: float) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self._study = study
        self._interval = interval
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self._study.beat()
            except Exception:  # the database is away: the next beat may reach it again
                continue

    def end(self) -> None:
        self._ended.set()
