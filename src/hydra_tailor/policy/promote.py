"""Promotion: every trial pauses at its next rung, and only the best of a rung continue."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from optuna.study import Study
from optuna.trial import FrozenTrial

from hydra_tailor.bounds import check_whole_number
from hydra_tailor.policy.pausing import KEY, Pausing, Step, is_paused, value_at


class Promote(Pausing):
    """Asynchronous successive halving whose trials pause instead of ending (arXiv:1810.05934).

    The first rung is at `first_rung` reports. Each later one is at `reduction_factor` times the
    previous one, up to the trial's whole length (`RunningTrial.expect`). Of the trials that
    reached a rung, one in `reduction_factor` continues to the next.

    Args:
        first_rung: reports of a new trial before it pauses; 1 or more.
        reduction_factor: 2 or more.
        alike: only trials with equal values of these parameters are compared. A learning rate
            that falls to zero by the last epoch makes a short run look better than the beginning
            of a long one.

    Raises:
        ConfigError: an argument is out of its bounds.
    """

    def __init__(
        self, first_rung: int = 2, reduction_factor: int = 4, alike: Sequence[str] = ()
    ) -> None:
        check_whole_number(f"{KEY}.first_rung", first_rung, at_least=1)
        check_whole_number(f"{KEY}.reduction_factor", reduction_factor, at_least=2)
        self.first_rung = first_rung
        self.reduction_factor = reduction_factor
        self._alike = tuple(alike)

    def rungs(self, length: float = math.inf) -> Iterator[int]:
        rung = self.first_rung
        while rung < length:
            yield rung
            rung *= self.reduction_factor
        if math.isfinite(length):
            yield int(length)

    def _next(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        if (best := self._promotable(study, trials)) is not None:
            return self._within(room, best)
        if may_begin and room >= self.first_rung:
            return Step(None, self.first_rung)
        leader = self.leader(study, trials)
        return self._within(room, leader) if leader is not None and is_paused(leader) else None

    def _promotable(self, study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
        """The best paused trial of the highest rung from which too few trials continued."""
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
