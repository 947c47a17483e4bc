"""The study of a sweep: takes trials and records their results, safely beside other processes.

States of a trial, and the events that change them:

    event                                   from       to                      method
    created, new or enqueued                -          WAITING                 next, enqueue
    created, to confirm one of the best     -          WAITING                 next_confirmation
    taken by a process, the new owner       WAITING    RUNNING                 next
    job returned a value                    RUNNING    COMPLETE                tell
    job raised TrialPruned                  RUNNING    PRUNED                  tell
    job raised an error, or its worker died RUNNING    FAIL                    tell
    job was interrupted, or its node lost   RUNNING    WAITING                 tell
    job reached its rung, and paused        RUNNING    WAITING                 tell
    promoted from its rung                  WAITING    RUNNING                 next
    paused, and the budget is spent         WAITING    PRUNED                  end_paused
    owner found dead, or silent too long    RUNNING    WAITING                 reclaim
    owner ends before its jobs do           RUNNING    WAITING                 release
    ended by another process or program     any        COMPLETE, PRUNED, FAIL  (elsewhere)
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from hydra_tailor import names
from hydra_tailor.errors import StorageAway
from hydra_tailor.internals.optuna import (
    FIXED_PARAMS,
    beat,
    forget_cached_trials,
    study_id,
    trial_id,
)
from hydra_tailor.policy.grid import identity
from hydra_tailor.policy.pausing import (
    Pausing,
    Step,
    epochs_claimed,
    is_at_rung,
    is_paused,
    trained_length,
)
from hydra_tailor.storage.retry import without_retries
from hydra_tailor.study.confirming import Confirmation
from hydra_tailor.study.continuing import abandoned, attempts, counted
from hydra_tailor.study.outcome import Outcome
from hydra_tailor.study.owner import host_of, this_process
from hydra_tailor.study.ranking import confirmations

TRIALS_MAX_AGE_SECONDS = 0.2
"""How long the cached list of trials is reused."""
CONFIRMATION_SECONDS = 0.5
"""How long a trial must look abandoned, because it may just be changing owners."""
RESULTS = (TrialState.COMPLETE, TrialState.PRUNED)


class SharedStudy:
    """A study that this process and perhaps others work on.

    A trial is created as WAITING, with its owner's name, and taken by the process that
    first sets it RUNNING. An interrupted or abandoned trial returns to WAITING and keeps its
    number, its parameters and its reports.

    A process that was cut off for longer than the grace period finds its trials taken over. The
    first process to end such a trial decides its result: the other one's job stops at its next
    report, and a failure or interruption of that job is not recorded.

    Args:
        storage: the study's storage.
        name: the study's name; the study is created if it is missing.
        directions: `minimize` or `maximize`, one per objective.
        sampler: draws parameters of new trials.
        pruner: a `Pausing` pruner decides which trial is trained next, and for how long.
        budget: number of trials in the study.
        epoch_budget: number of epochs that all trials together may report; None: no limit.
        confirmation: which of the best trials are trained again when the search is done, and with
            which seeds; None: none.

    Raises:
        ConfigError: the pruner cannot decide with this sampler.
    """

    def __init__(
        self,
        storage: BaseStorage,
        name: str,
        *,
        directions: tuple[str, ...],
        sampler: BaseSampler,
        budget: int,
        pruner: BasePruner | None = None,
        epoch_budget: int | None = None,
        confirmation: Confirmation | None = None,
    ) -> None:
        self.storage = storage
        self.study: Study = _create(storage, name, directions, sampler, pruner)
        self.budget = budget
        self.limit = math.inf
        """Number of trials that exhausts a finite space."""
        self.epoch_budget = math.inf if epoch_budget is None else epoch_budget
        self.confirmation = confirmation
        self.unconfirmed: int | None = None
        """Number of a trial for whose further runs the epoch budget has no room."""
        self.running: dict[int, Trial] = {}
        """Trials that this process runs, by number."""
        self.began_on: dict[int, str] = {}
        """Host on which a running trial began, if it was another host."""
        self._cached: tuple[float, list[FrozenTrial]] | None = None
        self._asked_to_stop: dict[int, bool] = {}
        decides = isinstance(pruner, Pausing) and pruner.decides_on(self.study)
        self.policy = pruner if isinstance(pruner, Pausing) and decides else None
        """Decides how long each trial is trained; None: each is trained to its end."""

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, read again after a change of ours or `TRIALS_MAX_AGE_SECONDS`."""
        if self._cached is None or time.monotonic() - self._cached[0] > TRIALS_MAX_AGE_SECONDS:
            self._cached = time.monotonic(), self.study.get_trials(deepcopy=False)
        return self._cached[1]

    @property
    def epochs_claimed(self) -> int:
        """Epochs that trials have reported or may report before they pause."""
        return epochs_claimed(self.trials)

    @property
    def epochs_left(self) -> float:
        """Epochs of the budget that no trial has reported or may report before it pauses."""
        if math.isinf(self.epoch_budget):
            return math.inf
        return self.epoch_budget - self.epochs_claimed

    @property
    def _reserved(self) -> float:
        """Epochs of whole runs that confirm the best trials, at most half of the budget."""
        if self.confirmation is None or math.isinf(self.epoch_budget):
            return 0.0
        longest = max(map(trained_length, self.trials), default=0)
        if longest == 0:
            return 0.0
        return longest * min(self.confirmation.n_runs, self.epoch_budget // 2 // longest)

    @property
    def is_spent(self) -> bool:
        """Whether every trial of the budget has ended well, and none is to be confirmed."""
        known = counted(self.trials)
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        return (
            self.confirmation is None
            and len(known) >= self.budget
            and all(trial.state in ended for trial in known)
        )

    @property
    def exhausted(self) -> str | None:
        """Why the sampler draws no more, if any process has reported that."""
        attributes = self.storage.get_study_system_attrs(study_id(self.study))
        name = attributes.get(names.EXHAUSTED)
        if name is None or name != getattr(self.study.sampler, "name", None):
            return None  # another sampler may have something left to draw
        return f"{name} has nothing left to draw"

    def enqueue(self, configuration: Mapping[str, Any]) -> None:
        """Add a WAITING trial with given parameters, unless it exists; others are drawn."""
        wanted = identity(configuration)
        self._create_unless(
            lambda trial: identity(trial.system_attrs.get(FIXED_PARAMS, trial.params)) == wanted,
            {},
            {FIXED_PARAMS: dict(configuration)},
        )

    def next(self) -> Trial | None:
        """Take the next trial; None if the budget is spent or taken by others.

        When the sampler has nothing left to draw, only existing trials are taken.
        """
        while True:
            known = self.trials
            trials = counted(known)
            waiting = [
                trial
                for trial in trials[: self.budget]
                if trial.state is TrialState.WAITING
                and trial.number not in self.running
                and not self._waits_for_policy(trial)
            ]
            for frozen in waiting:
                if (trial := self._take(frozen)) is not None:
                    return trial
            if waiting:
                continue  # others took them
            unbegun = self._unbegun(trials)
            if (step := self._step(trials, unbegun)) is None:
                return None
            chosen = step.trial or unbegun or self._add(step, known)
            if chosen is not None and (trial := self._promote(chosen, step.until)) is not None:
                return trial

    def next_confirmation(self) -> Trial | None:
        """Take a run that confirms one of the best trials; None: none is left, or not yet.

        Returns None while a trial of the search runs anywhere, or if the epoch budget has no room
        for a whole run.
        """
        self.unconfirmed = None
        while self.confirmation is not None:
            known = self.trials
            runs = confirmations(known)
            waiting = [run for run in runs.values() if self._can_take(run)]
            for frozen in waiting:
                if (trial := self._take(frozen)) is not None:
                    return trial
            if waiting:
                continue  # others took them
            if any(one.state is TrialState.RUNNING for one in counted(known)):
                return None
            chosen = self.confirmation.next(self.study, known)
            if chosen is None:
                return None
            confirmed, seed = chosen
            if trained_length(confirmed) > self.epochs_left:
                self.unconfirmed = confirmed.number
                return None
            attributes = {
                names.CONFIRMS: confirmed.number,
                names.SEED: seed,
                names.EPOCHS: trained_length(confirmed),
            }
            self._create_waiting(known, attributes, {FIXED_PARAMS: confirmed.params})
        return None

    def _can_take(self, trial: FrozenTrial) -> bool:
        return trial.state is TrialState.WAITING and trial.number not in self.running

    def _create_waiting(
        self,
        known: Sequence[FrozenTrial],
        attributes: Mapping[str, Any],
        system_attributes: Mapping[str, Any],
        reports: Mapping[int, float] | None = None,
    ) -> FrozenTrial | None:
        """Create a trial of ours that no process runs yet; None: others added one meanwhile.

        Args:
            known: all trials, as they were when the new one was chosen.
            attributes: user attributes.
            system_attributes: system attributes besides the number.
            reports: reports that it begins with.
        """
        number = len(known)
        self._cached = None
        template = create_trial(
            state=TrialState.WAITING,
            user_attrs={names.OWNER: this_process(), **attributes},
            system_attrs={**system_attributes, names.NUMBER: number},
            intermediate_values=dict(reports or {}),
        )
        try:
            added = self.storage.create_new_trial(study_id(self.study), template)
        except KeyError:
            return None  # if the study itself is gone, the next call reports it
        trial = self.storage.get_trial(added)
        return trial if trial.number == number else None  # some storages do not check it

    def _create_unless(
        self,
        is_the_same: Callable[[FrozenTrial], bool],
        attributes: Mapping[str, Any],
        system_attributes: Mapping[str, Any],
        reports: Mapping[int, float] | None = None,
    ) -> FrozenTrial:
        """Create a trial as `_create_waiting` does, or return an existing one."""
        while True:
            known = self.trials
            same = next(filter(is_the_same, known), None)
            trial = same or self._create_waiting(known, attributes, system_attributes, reports)
            if trial is not None:
                return trial

    def _step(self, trials: Sequence[FrozenTrial], unbegun: FrozenTrial | None) -> Step | None:
        """The policy's next step, within what is left of the budgets."""
        room = self.epochs_left - self._reserved
        if room <= 0:
            return None
        may_begin = unbegun is not None or len(trials) < self.budget and not self.exhausted
        if self.policy is not None:
            return self.policy.step(self.study, trials, may_begin=may_begin, room=room)
        return Step(None, None) if may_begin else None

    def _waits_for_policy(self, waiting: FrozenTrial) -> bool:
        """Whether the policy decides when a trial runs: it is paused, or has not begun."""
        is_new = waiting.datetime_start is None
        return is_at_rung(waiting) or (is_new and self.policy is not None)

    def _unbegun(self, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """A new or enqueued trial that no process has begun."""
        return next(
            (
                trial
                for trial in trials[: self.budget]
                if trial.state is TrialState.WAITING
                and not trial.intermediate_values
                and self._waits_for_policy(trial)
            ),
            None,
        )

    def _add(self, step: Step, known: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """Create the trial that a step begins; None: others added one meanwhile."""
        attributes: dict[str, Any] = {} if step.until is None else {names.UNTIL: 0}
        if step.parameters:
            attributes[FIXED_PARAMS] = dict(step.parameters)
        return self._create_waiting(known, {}, attributes)

    def _promote(self, paused: FrozenTrial, until: int | None) -> Trial | None:
        """Take a paused trial, unless another process was quicker or took the last epochs."""
        if paused.state is TrialState.PRUNED:
            paused = self._successor(paused)
        before = paused.system_attrs.get(names.UNTIL, 0)
        if names.UNTIL not in paused.system_attrs and until is not None:  # enqueued
            with contextlib.suppress(UpdateFinishedTrialError):
                self.storage.set_trial_system_attr(trial_id(paused), names.UNTIL, before)
        if (trial := self._take(paused)) is None:
            return None
        self.storage.set_trial_system_attr(trial_id(trial), names.UNTIL, until)
        self._cached = None
        if not self._claimed_too_much(paused, until):
            return trial
        # Two processes claimed the last epochs at once: at least one of them notices.
        self.storage.set_trial_system_attr(trial_id(trial), names.UNTIL, before)
        del self.running[trial.number]
        self._set_state(trial, TrialState.WAITING)
        return None

    def _claimed_too_much(self, paused: FrozenTrial, until: int | None) -> bool:
        """Whether the claimed epochs exceed the budget, or are kept for the leader."""
        left = self.epochs_left
        if left < 0 or until is None or self.policy is None:
            return left < 0
        epochs = until - len(paused.intermediate_values)
        trials, number = counted(self.trials), paused.number
        room = left + epochs - self._reserved  # as in `_step`, or its step is never taken
        return self.policy.takes_from_leader(self.study, trials, number, epochs, room)

    def _successor(self, ended: FrozenTrial) -> FrozenTrial:
        """A trial that continues where an ended one paused: Optuna cannot reopen a trial."""
        return self._create_unless(
            lambda trial: trial.user_attrs.get(names.CONTINUES) == ended.number,
            {names.CONTINUES: ended.number, names.EPOCHS: ended.user_attrs.get(names.EPOCHS)},
            {FIXED_PARAMS: ended.params, names.UNTIL: ended.system_attrs[names.UNTIL]},
            ended.intermediate_values,
        )

    def extend(self, trial: Trial, shorter: FrozenTrial) -> None:
        """Let a new trial of ours begin where a shorter one ended, with its reports."""
        for epoch, value in shorter.intermediate_values.items():
            self.storage.set_trial_intermediate_value(trial_id(trial), epoch, value)
        trial.set_user_attr(names.EXTENDS, shorter.number)  # last: killed before, it starts over
        self._cached = None

    def _take(self, waiting: FrozenTrial) -> Trial | None:
        """Set a trial RUNNING, unless another process was quicker."""
        identity, us = trial_id(waiting), this_process()
        self._cached = None
        if waiting.datetime_start is not None:
            # Otherwise it would start with its previous owner's heartbeat.
            beat(self.storage, identity)
        if not self._set_state(waiting, TrialState.RUNNING):
            return None
        forget_cached_trials(self.study)
        trial = Trial(self.study, identity)
        self.running[trial.number] = trial
        if self._asked_to_stop.pop(trial.number, None) or waiting.system_attrs.get(names.STOP):
            self.storage.set_trial_system_attr(identity, names.STOP, None)
        before = trial.user_attrs.get(names.OWNER)
        if before != us:
            trial.set_user_attr(names.OWNER, us)
            if waiting.datetime_start is not None and host_of(before) != host_of(us):
                self.began_on[trial.number] = host_of(before)
        beat(self.storage, identity)
        return trial

    def tell(self, number: int, outcome: Outcome, attributes: Mapping[str, Any]) -> TrialState:
        """Record how a trial of ours ended, unless another process finished it first.

        Returns:
            The trial's new state; RUNNING for one that another process has taken over.
        """
        trial = self.running.pop(number)
        self._cached = None
        stored = self.storage.get_trial(trial_id(trial))
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
            if stored.state is TrialState.WAITING:  # reclaimed from us, and not yet taken
                self._set_state(trial, TrialState.RUNNING)
            return self.study.tell(
                trial, values=outcome.values, state=outcome.state, skip_if_finished=True
            ).state
        except UpdateFinishedTrialError:  # by another process, or by us with a lost answer
            return self.storage.get_trial(trial_id(trial)).state
        except ValueError:
            if self.storage.get_trial(trial_id(trial)).state is not TrialState.WAITING:
                raise
            self.running[number] = trial  # reclaimed after we read its state
            return self.tell(number, outcome, attributes)

    def is_at_rung(self, number: int) -> bool:
        """Whether a running trial of ours ended because it may report no more for now."""
        return is_at_rung(self.storage.get_trial(trial_id(self.running[number])))

    @property
    def paused(self) -> list[FrozenTrial]:
        """The trials that were begun and wait to be promoted."""
        return [
            trial
            for trial in self.trials
            if trial.state is TrialState.WAITING and is_paused(trial) and trial.intermediate_values
        ]

    def end_paused(self, trial: FrozenTrial) -> bool:
        """End a trial that nobody will promote; False where another process was quicker."""
        reports = trial.intermediate_values
        last = reports[max(reports)]
        # A value of NaN would make the whole study unreadable in a database.
        values = None if math.isnan(last) else [last]
        return self._set_state(trial, TrialState.PRUNED, values)

    def retry(self, number: int, limit: int) -> bool:
        """Enqueue a failed trial's configuration again, unless it was tried often enough."""
        trials = self.trials
        if attempts(trials, number) >= limit or names.CONFIRMS in trials[number].user_attrs:
            return False
        self._create_unless(
            lambda trial: trial.user_attrs.get(names.RETRY_OF) == number,
            {names.RETRY_OF: number},
            {FIXED_PARAMS: trials[number].params},
        )
        return True

    def reclaim(self) -> list[int]:
        """Set trials whose process is gone back to WAITING; return their numbers.

        Trials of ours that others reclaimed, because we were silent for too long, are taken back.
        """
        for trial in self.trials:
            if trial.state is TrialState.WAITING and trial.number in self.running:
                self._take(trial)
        if not (first := self._abandoned()):
            return []
        time.sleep(CONFIRMATION_SECONDS)
        confirmed = [trial for key, trial in self._abandoned().items() if key in first]
        return [trial.number for trial in confirmed if self._set_state(trial, TrialState.WAITING)]

    def _abandoned(self) -> dict[tuple[int, str | None], FrozenTrial]:
        """Trials that look abandoned, by number and owner."""
        return {
            (trial.number, trial.user_attrs.get(names.OWNER)): trial
            for trial in abandoned(self.study, self.storage, ours=set(self.running))
        }

    def release(self) -> list[int]:
        """Set our own trials back to WAITING, once their jobs are gone; return their numbers.

        The study decides which are ours: a signal may have come just after a trial was taken.
        """
        self.running.clear()
        self._cached = None
        try:
            with without_retries():
                return [
                    trial.number
                    for trial in self.trials
                    if trial.state is TrialState.RUNNING
                    and trial.user_attrs.get(names.OWNER) == this_process()
                    and self._set_state(trial, TrialState.WAITING)
                ]
        except StorageAway:
            return []  # the next process that looks for abandoned trials finds them

    def ask_to_stop(self) -> None:
        """Ask the job of each of our trials, once, to end at its next report."""
        for number, trial in list(self.running.items()):
            if not self._asked_to_stop.setdefault(number, False):
                self._asked_to_stop[number] = True
                # The trial has just ended, or the sweep's loop will hit the same storage error.
                with contextlib.suppress(UpdateFinishedTrialError, StorageAway):
                    self.storage.set_trial_system_attr(trial_id(trial), names.STOP, this_process())

    def _set_state(
        self,
        trial: Trial | FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None = None,
    ) -> bool:
        """Set a state; False where another process was quicker, or finished the trial."""
        self._cached = None
        try:
            return self.storage.set_trial_state_values(trial_id(trial), state, values)
        except UpdateFinishedTrialError:
            return False


def _create(
    storage: BaseStorage,
    name: str,
    directions: tuple[str, ...],
    sampler: BaseSampler,
    pruner: BasePruner | None,
) -> Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=storage,
        study_name=name,
        directions=[StudyDirection[direction.upper()] for direction in directions],
        sampler=sampler,
        pruner=pruner,
        load_if_exists=True,
    )
