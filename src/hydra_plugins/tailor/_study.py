"""The study of a sweep: which trial is next, what became of it. Safe beside other processes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat, is_heartbeat_enabled
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from tailor import names
from tailor.search.patience import StorageAway, impatient
from tailor.search.storage import HEARTBEAT

from ._owner import host_of, this_process
from ._record import Outcome
from ._resume import abandoned, attempts, counted

FRESH = 0.2  # seconds for which what was read of other processes' trials is good enough
SETTLED = 0.5  # seconds for which a trial must look abandoned: it may just be changing hands
RESULTS = (TrialState.COMPLETE, TrialState.PRUNED)


class SharedStudy:
    """A study that this process and perhaps others work on.

    Every trial begins as WAITING, created whole with its owner's name, and is taken by whoever
    sets it RUNNING first. An interrupted or abandoned one goes back to WAITING and keeps its
    number, its parameters and what it reported.

    A process that was cut off for longer than the grace period comes back to trials that others
    have taken. Whoever ends such a trial first has ended it: the other's job stops at its next
    report, and neither failing nor being interrupted says anything about a trial in other hands.

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
        self._read: tuple[float, list[FrozenTrial]] | None = None
        self._asked: dict[int, bool] = {}
        """Those of them that were asked to stop."""
        self.began_on: dict[int, str] = {}
        """Hosts on which trials of ours began, where that was another one."""

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, read again when one of ours changed and when `FRESH` seconds have passed."""
        if self._read is None or time.monotonic() - self._read[0] > FRESH:
            self._read = time.monotonic(), self.study.get_trials(deepcopy=False)
        return self._read[1]

    @property
    def exhausted(self) -> str | None:
        """Why the sampler draws no more, where it said so, to this process or another."""
        attributes = self.storage.get_study_system_attrs(self.study._study_id)
        name = attributes.get(names.EXHAUSTED)
        if name is None or name != getattr(self.study.sampler, "name", None):
            return None  # another sampler may know more to try
        return f"{name} has nothing left to draw"

    def enqueue(self, configuration: Mapping[str, Any], **attributes: Any) -> None:
        self._read = None
        self.study.enqueue_trial(
            dict(configuration),
            user_attrs={names.OWNER: this_process(), **attributes},
            skip_if_exists=not attributes,
        )

    def next(self) -> Trial | None:
        """Take the next trial, or None while the budget is spent or in other hands.

        A sampler that has nothing left to draw brings no new trial; one that waits still runs.
        """
        while True:
            trials = counted(self.trials)
            waiting = [
                one
                for one in trials[: self.budget]
                if one.state is TrialState.WAITING and one.number not in self.running
            ]
            for frozen in waiting:
                if (trial := self._take(frozen)) is not None:
                    return trial
            if not waiting and (len(trials) >= self.budget or self.exhausted):
                return None
            if not waiting:
                self._read = None
                self.study.add_trial(
                    create_trial(
                        state=TrialState.WAITING, user_attrs={names.OWNER: this_process()}
                    )
                )

    def _take(self, waiting: FrozenTrial) -> Trial | None:
        """Set a trial RUNNING, unless another process was quicker."""
        identity, us = waiting._trial_id, this_process()
        self._read = None
        if waiting.datetime_start is not None:
            self._beat(identity)  # or it would run with a sign of life of its last process
        if not self._set_state(waiting, TrialState.RUNNING):
            return None
        self.study._thread_local.cached_all_trials = None  # as `Study.ask` does
        trial = Trial(self.study, identity)
        self.running[trial.number] = trial
        if self._asked.pop(trial.number, None) or waiting.system_attrs.get(names.STOP):
            self.storage.set_trial_system_attr(identity, names.STOP, False)
        before = trial.user_attrs.get(names.OWNER)
        if before != us:
            trial.set_user_attr(names.OWNER, us)
            if waiting.datetime_start is not None and host_of(before) != host_of(us):
                self.began_on[trial.number] = host_of(before)
        self._beat(identity)
        return trial

    def tell(self, number: int, outcome: Outcome, attributes: Mapping[str, Any]) -> TrialState:
        """Record how a trial of ours ended, unless it was finished elsewhere meanwhile.

        Returns:
            The trial's state from now on; RUNNING for one that is in other hands.
        """
        trial = self.running.pop(number)
        self._read = None
        stored = self.storage.get_trial(trial._trial_id)
        if stored.state.is_finished():
            return stored.state
        if stored.user_attrs.get(names.OWNER) != this_process():
            if outcome.state not in RESULTS:
                return TrialState.RUNNING
            attributes = {names.OWNER: this_process(), **attributes}
        elif outcome.state is TrialState.RUNNING:
            outcome = Outcome(TrialState.WAITING)
        try:
            for key, value in attributes.items():
                trial.set_user_attr(key, value)
            if outcome.state is TrialState.WAITING:
                self._set_state(trial, TrialState.WAITING)
                return outcome.state
            if stored.state is TrialState.WAITING:  # given back for us, and not yet taken
                self._set_state(trial, TrialState.RUNNING)
            return self.study.tell(
                trial, values=outcome.values, state=outcome.state, skip_if_finished=True
            ).state
        except UpdateFinishedTrialError:  # by another process, or by us and the answer got lost
            return self.storage.get_trial(trial._trial_id).state
        except ValueError:
            if self.storage.get_trial(trial._trial_id).state is not TrialState.WAITING:
                raise
            self.running[number] = trial  # it was put back between our reading and our telling
            return self.tell(number, outcome, attributes)

    def retry(self, number: int, limit: int) -> bool:
        """Enqueue a failed trial's configuration again, unless it was tried often enough."""
        trials = self.trials
        if attempts(trials, number) >= limit:
            return False
        self.enqueue(trials[number].params, **{names.RETRY_OF: number})
        return True

    def reclaim(self) -> list[int]:
        """Put trials of processes that are gone back to WAITING; return their numbers.

        Those of our own that others put there, because we were silent for too long, we take back.
        """
        for trial in self.trials:
            if trial.state is TrialState.WAITING and trial.number in self.running:
                self._take(trial)
        if not (first := self._abandoned()):
            return []
        time.sleep(SETTLED)
        gone = [trial for key, trial in self._abandoned().items() if key in first]
        return [trial.number for trial in gone if self._set_state(trial, TrialState.WAITING)]

    def _abandoned(self) -> dict[tuple[int, str | None], FrozenTrial]:
        """Trials that look abandoned, by number and owner."""
        return {
            (trial.number, trial.user_attrs.get(names.OWNER)): trial
            for trial in abandoned(self.study, self.storage, ours=set(self.running))
        }

    def release(self) -> list[int]:
        """Put our own trials back to WAITING, when their jobs are gone; return their numbers."""
        released = []
        try:
            with impatient():
                for number in sorted(self.running):
                    trial = self.running.pop(number)
                    owner = self.storage.get_trial(trial._trial_id).user_attrs.get(names.OWNER)
                    if owner == this_process() and self._set_state(trial, TrialState.WAITING):
                        released.append(number)
        except StorageAway:
            pass  # whoever looks for abandoned trials finds them
        return released

    def ask_to_stop(self) -> None:
        """Ask the jobs of our trials, each once, to end at their next report."""
        for number, trial in list(self.running.items()):
            if not self._asked.setdefault(number, False):
                self._asked[number] = True
                with contextlib.suppress(UpdateFinishedTrialError):  # it has just ended
                    self.storage.set_trial_system_attr(trial._trial_id, names.STOP, True)

    def _set_state(self, trial: Trial | FrozenTrial, state: TrialState) -> bool:
        """Set a state; False where another process was quicker, or finished the trial."""
        self._read = None
        try:
            return self.storage.set_trial_state_values(trial._trial_id, state)
        except UpdateFinishedTrialError:
            return False  # elsewhere, by the dashboard for one

    def beat(self) -> None:
        """Give a sign of life for all our trials, where the storage keeps those."""
        for trial in list(self.running.values()):
            self._beat(trial._trial_id)

    def _beat(self, identity: int) -> None:
        if is_heartbeat_enabled(self.storage):
            assert isinstance(self.storage, BaseHeartbeat)
            self.storage.record_heartbeat(identity)

    @property
    def beat_interval(self) -> float:
        """Seconds between two signs of life; half of what the storage expects."""
        if not is_heartbeat_enabled(self.storage):
            return float(HEARTBEAT)
        assert isinstance(self.storage, BaseHeartbeat)
        return (self.storage.get_heartbeat_interval() or HEARTBEAT) / 2


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

    def __init__(self, study: SharedStudy) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self._study = study
        self._interval = study.beat_interval
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self._study.beat()
            except Exception:  # the database is away: the next beat may reach it again
                continue

    def end(self) -> None:
        self._ended.set()
