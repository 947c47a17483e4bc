"""Trials that pause: the choice of the trial that is trained next, and for how long."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names

KEY = "hydra.sweeper.pruner"

SHARE = 13
"""The first rung is the longest trial's number of epochs divided by this."""
FACTOR = 4
"""Approximate ratio of a rung to the previous one."""


@dataclass(frozen=True)
class Step:
    """What is trained next.

    Attributes:
        trial: a paused trial that continues; None: a new one.
        until: the number of reports after which it pauses; None: it does not pause.
        parameters: given values of a new trial; the sampler draws the others.
    """

    trial: FrozenTrial | None
    until: int | None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epochs(self) -> float:
        """The largest number of epochs that this step trains."""
        reached = len(self.trial.intermediate_values) if self.trial else 0
        return math.inf if self.until is None else self.until - reached


class Pausing(BasePruner):
    """A pruner that pauses trials at rungs and decides when they continue.

    A rung is a number of reports. A decision depends on the study alone, so any process may make
    it.
    """

    @abstractmethod
    def rungs(self, length: float = math.inf) -> Iterator[int]:
        """The numbers of reports at which a trial of a given length pauses, then the length.

        They ascend, and may have no end where the length is unknown.
        """

    @abstractmethod
    def _next(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        """Choose the next step like `step`, but without keeping epochs for the leader."""

    def decides_on(self, study: Study) -> bool:
        """Whether trials of this study pause; otherwise each is trained to its end.

        Raises:
            ConfigError: this pruner does not work with the study's sampler.
        """
        return len(study.directions) == 1

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether a running trial pauses now."""
        return is_at_rung(trial)

    def next_rung(self, trial: FrozenTrial) -> int:
        reached = len(trial.intermediate_values)
        return next((rung for rung in self.rungs(length_of(trial)) if rung > reached), reached)

    def step(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        """Choose what is trained next.

        Args:
            study: defines the better direction.
            trials: those that count towards the budget.
            may_begin: whether a new trial is allowed.
            room: how many epochs are left; above 0.

        Returns:
            None if nothing is left to do: the leader is complete, or running.
        """
        step = self._next(study, trials, may_begin=may_begin, room=room)
        leader = self.leader(study, trials)
        if step is None or leader is None or not _takes_from(leader, step.epochs, room):
            return step
        return Step(leader, int(length_of(leader))) if is_paused(leader) else None

    def takes_from_leader(
        self, study: Study, trials: Sequence[FrozenTrial], number: int, epochs: float, room: float
    ) -> bool:
        """Whether training this many epochs would use those that are kept for the leader.

        Args:
            study: defines the better direction.
            trials: those that count towards the budget.
            number: number of the trial to train.
            epochs: how many epochs to train.
            room: how many epochs are left before that.
        """
        leader = self.leader(study, trials)
        if leader is None or leader.number == number:
            return False
        return _takes_from(leader, epochs, room)

    def leader(self, study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """The best of the trials that came furthest: the search ends with its result."""
        known = [
            trial
            for trial in trials
            if trial.intermediate_values
            and (trial.state not in (TrialState.FAIL, TrialState.PRUNED) or is_paused(trial))
        ]
        return max(known, key=lambda trial: self._standing(study, trial), default=None)

    def _within(self, room: float, paused: FrozenTrial) -> Step:
        """Continue a paused trial to its next rung, or as far as the epochs left allow."""
        reached = len(paused.intermediate_values)
        return Step(paused, int(min(self.next_rung(paused), reached + room)))

    def _standing(self, study: Study, trial: FrozenTrial) -> tuple[int, float]:
        reached = len(trial.intermediate_values)
        passed = list(takewhile(lambda rung: rung <= reached, self.rungs(length_of(trial))))
        rung = passed[-1] if passed else reached
        return len(passed), value_at(study, trial, rung)


def _takes_from(leader: FrozenTrial, epochs: float, room: float) -> bool:
    """Whether too few epochs would be left for the leader: a search must end with a result."""
    if leader.state is TrialState.COMPLETE:
        return False
    return room - epochs < length_of(leader) - _claimed(leader) <= room


def rungs(length: float = math.inf, first: int | None = None) -> Iterator[int]:
    """Numbers of reports in about equal ratios, up to a length.

    Args:
        length: a trial's length.
        first: the first rung; None: a 13th of the length.
    """
    if math.isinf(length):
        yield first or 1
        return
    first = min(int(length), first or max(1, round(length / SHARE)))
    n = max(1, round(math.log(length / first, FACTOR))) if first < length else 0
    yield from dict.fromkeys(round(first * (length / first) ** (k / n)) for k in range(n))
    yield int(length)


def length_of(trial: FrozenTrial) -> float:
    """The number of reports that a trial expects in all; infinite while it is unknown."""
    return float(trial.user_attrs.get(names.EPOCHS) or math.inf)


def trained_length(trial: FrozenTrial) -> int:
    """The number of reports of a whole run: the expected number, or else the number made."""
    return int(trial.user_attrs.get(names.EPOCHS) or len(trial.intermediate_values))


def is_at_rung(trial: FrozenTrial) -> bool:
    """Whether a trial has made all reports allowed for now, and is not at its end."""
    until: int | None = trial.system_attrs.get(names.UNTIL)
    reached = len(trial.intermediate_values)
    return until is not None and until <= reached < length_of(trial)


def is_paused(trial: FrozenTrial) -> bool:
    """Whether a trial can be promoted: it waits at a rung, or the search ended while it did."""
    return trial.state in (TrialState.WAITING, TrialState.PRUNED) and is_at_rung(trial)


def epochs_claimed(trials: Sequence[FrozenTrial]) -> int:
    """The reports that trials made, and those that they may still make before they pause."""
    return _sum_of_own(trials, _claimed)


def epochs_reported(trials: Sequence[FrozenTrial]) -> int:
    """The reports that trials made; reports copied from another trial count once."""
    return _sum_of_own(trials, lambda trial: len(trial.intermediate_values))


def _sum_of_own(trials: Sequence[FrozenTrial], count: Callable[[FrozenTrial], int]) -> int:
    """A sum over trials, without the reports that they copied from other trials."""
    continued = {trial.user_attrs.get(names.CONTINUES) for trial in trials}
    made: dict[int | None, int] = {t.number: len(t.intermediate_values) for t in trials}
    return sum(
        count(trial) - min(made.get(trial.user_attrs.get(names.EXTENDS), 0), made[trial.number])
        for trial in trials
        if trial.number not in continued
    )


def _claimed(trial: FrozenTrial) -> int:
    reached = len(trial.intermediate_values)
    if trial.state.is_finished() or is_paused(trial):
        return reached
    until = trial.system_attrs.get(names.UNTIL)
    length = length_of(trial)
    if until is not None:
        length = min(until, length)
    return max(reached, int(length)) if math.isfinite(length) else reached


def value_at(study: Study, trial: FrozenTrial, rung: int) -> float:
    """The value that a trial reported at a rung, negated if less is better; NaN is the worst."""
    reports: Mapping[int, Any] = trial.intermediate_values
    value = float(reports[sorted(reports)[rung - 1]])
    if math.isnan(value):
        return -math.inf
    return value if study.direction is StudyDirection.MAXIMIZE else -value
