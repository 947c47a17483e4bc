"""Promotion: every trial pauses at its next rung, and only the best of a rung go on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import ConfigError

KEY = "hydra.sweeper.pruner"


@dataclass(frozen=True)
class Step:
    """What is trained next.

    Attributes:
        trial: a paused trial that goes on; None: a new one.
        until: the number of reports after which it pauses; None: it does not.
    """

    trial: FrozenTrial | None
    until: int | None

    @property
    def epochs(self) -> float:
        """How many are trained, at most."""
        reached = len(self.trial.intermediate_values) if self.trial else 0
        return math.inf if self.until is None else self.until - reached


class Promote(BasePruner):
    """Asynchronous successive halving whose trials pause instead of ending (arXiv:1810.05934).

    A rung is a number of reports: `first_rung`, and each next one `reduction_factor` times the one
    before, up to the trial's whole length (`RunningTrial.expect`). Of the trials that reached a
    rung, one in `reduction_factor` goes on to the next. What is decided follows from the study
    alone.

    Args:
        first_rung: reports of a new trial before it pauses; 1 or more.
        reduction_factor: 2 or more.
        alike: parameters whose values must be equal where trials are compared. A learning rate
            that falls to zero by the last epoch makes a short run look better than the beginning
            of a long one.

    Raises:
        ConfigError: an argument is out of its bounds.
    """

    def __init__(
        self, first_rung: int = 2, reduction_factor: int = 4, alike: Sequence[str] = ()
    ) -> None:
        for name, value, least in (
            ("first_rung", first_rung, 1),
            ("reduction_factor", reduction_factor, 2),
        ):
            if not isinstance(value, int) or value < least:
                raise ConfigError(
                    f"`{KEY}.{name}` must be a whole number of {least} or more, got {value!r}."
                )
        self.first_rung = first_rung
        self.reduction_factor = reduction_factor
        self._alike = tuple(alike)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether a running trial pauses now."""
        return is_at_rung(trial)

    def rungs(self, length: float = math.inf) -> Iterator[int]:
        """The numbers of reports at which a trial of a given length pauses, then the length."""
        rung = self.first_rung
        while rung < length:
            yield rung
            rung *= self.reduction_factor
        if math.isfinite(length):
            yield int(length)

    def next_rung(self, trial: FrozenTrial) -> int:
        reached = len(trial.intermediate_values)
        return next((rung for rung in self.rungs(length_of(trial)) if rung > reached), reached)

    def step(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        """Choose what is trained next.

        Args:
            study: says which direction is better.
            trials: those that count.
            may_begin: whether a new trial is allowed.
            room: how many epochs are left; above 0.

        Returns:
            None where nothing is left to do: the leader is complete, or runs.
        """
        step = self._next(study, trials, may_begin=may_begin, room=room)
        leader = self.leader(study, trials)
        if step is None or leader is None or leader.state is TrialState.COMPLETE:
            return step
        # A search must end with a result: the last epochs are for the leader.
        missing = length_of(leader) - _claimed(leader)
        if not missing <= room < missing + step.epochs:
            return step
        return Step(leader, int(length_of(leader))) if is_paused(leader) else None

    def _next(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        if (best := self._promotable(study, trials)) is not None:
            return self._within(room, best)
        if may_begin and room >= self.first_rung:
            return Step(None, self.first_rung)
        leader = self.leader(study, trials)
        return self._within(room, leader) if leader is not None and is_paused(leader) else None

    def _within(self, room: float, paused: FrozenTrial) -> Step:
        reached = len(paused.intermediate_values)
        return Step(paused, int(min(self.next_rung(paused), reached + room)))

    def leader(self, study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """The trial that came furthest, and of those the best: the search ends with its result."""
        known = [
            trial
            for trial in trials
            if trial.intermediate_values
            and (trial.state not in (TrialState.FAIL, TrialState.PRUNED) or is_paused(trial))
        ]
        return max(known, key=lambda trial: self._standing(study, trial), default=None)

    def _promotable(self, study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """The best paused trial of the highest rung of which too few went on."""
        groups: dict[tuple[str, ...], list[FrozenTrial]] = defaultdict(list)
        for trial in trials:
            if trial.intermediate_values:
                groups[tuple(str(trial.params.get(name)) for name in self._alike)].append(trial)
        found = [
            (rung, best)
            for group in groups.values()
            for rung in self.rungs(max(len(trial.intermediate_values) for trial in group) + 1)
            if (best := self._best_left(study, group, rung)) is not None
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _best_left(
        self, study: Study, group: Sequence[FrozenTrial], rung: int
    ) -> FrozenTrial | None:
        at_rung = [trial for trial in group if len(trial.intermediate_values) >= rung]
        at_rung.sort(key=lambda trial: value_at(study, trial, rung), reverse=True)
        after = rung * self.reduction_factor
        for trial in at_rung[: len(at_rung) // self.reduction_factor]:
            if is_paused(trial) and len(trial.intermediate_values) < after:
                return trial
        return None

    def _standing(self, study: Study, trial: FrozenTrial) -> tuple[int, float]:
        reached = len(trial.intermediate_values)
        passed = [rung for rung in self.rungs(length_of(trial)) if rung <= reached]
        rung = passed[-1] if passed else reached
        return len(passed), value_at(study, trial, rung)


def length_of(trial: FrozenTrial) -> float:
    """The number of reports that a trial expects in all; infinite while it is unknown."""
    return float(trial.user_attrs.get(names.EPOCHS) or math.inf)


def is_at_rung(trial: FrozenTrial) -> bool:
    """Whether a trial has all reports that it may make for now, and is not at its end."""
    until: int | None = trial.system_attrs.get(names.UNTIL)
    reached = len(trial.intermediate_values)
    return until is not None and until <= reached < length_of(trial)


def is_paused(trial: FrozenTrial) -> bool:
    """Whether a trial can be promoted: it waits, or the search ended without it."""
    return trial.state in (TrialState.WAITING, TrialState.PRUNED) and is_at_rung(trial)


def epochs_claimed(trials: Sequence[FrozenTrial]) -> int:
    """The reports that trials made, and those that they may still make before they pause."""
    continued = {trial.user_attrs.get(names.CONTINUES) for trial in trials}
    return sum(_claimed(trial) for trial in trials if trial.number not in continued)


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
    """The value that a trial reported there, negated where less is better; NaN is the worst."""
    reports: Mapping[int, Any] = trial.intermediate_values
    value = float(reports[sorted(reports)[rung - 1]])
    if math.isnan(value):
        return -math.inf
    return value if study.direction is StudyDirection.MAXIMIZE else -value
