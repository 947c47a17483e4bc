"""Freeze-thaw: a model of all learning curves decides which trial to continue or begin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from optuna.study import Study
from optuna.trial import FrozenTrial

from hydra_tailor.bounds import check_whole_number
from hydra_tailor.errors import ConfigError
from hydra_tailor.internals.optuna import FIXED_PARAMS
from hydra_tailor.policy.pausing import FACTOR, KEY, Pausing, Step, is_paused, length_of, rungs
from hydra_tailor.policy.sampler import Grid, Seeded

if TYPE_CHECKING:
    from hydra_tailor.policy.curves import CurveSampler


class FreezeThaw(Pausing):
    """Trains the trial that promises most per epoch: a paused or a new one (arXiv:1406.3896).

    The sampler must be a `CurveSampler`. Its model of all learning curves predicts, for each
    paused trial and for many new configurations, how much the last epoch will improve on the best
    value so far. The trial or configuration with the largest improvement per missing epoch is
    trained next. Trials pause after a 13th of the longest trial's epochs, and then about each time
    that their number of epochs has quadrupled. A first trial with given values, such as the
    config's own, is trained to its end if the epochs suffice: it gives the search a first result,
    and the model a whole curve.

    Args:
        first_rung: reports of a new trial before it pauses; None: a 13th of the longest trial's,
            and one for the first trial.

    Raises:
        ConfigError: an argument is out of its bounds.
    """

    def __init__(self, first_rung: int | None = None) -> None:
        check_whole_number(f"{KEY}.first_rung", first_rung, at_least=1, or_null=True)
        self.first_rung = first_rung

    def decides_on(self, study: Study) -> bool:
        """Whether trials pause; not on a grid, which trains each configuration to its end."""
        if isinstance(study.sampler, Grid) or not super().decides_on(study):
            return False
        _sampler_of(study)
        return True

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether a running trial pauses now; a trial of unknown length is trained to its end."""
        return math.isfinite(length_of(trial)) and super().prune(study, trial)

    def rungs(self, length: float = math.inf) -> Iterator[int]:
        return rungs(length, self.first_rung)

    def _next(
        self, study: Study, trials: Sequence[FrozenTrial], *, may_begin: bool, room: float
    ) -> Step | None:
        paused = [trial for trial in trials if is_paused(trial) and trial.intermediate_values]
        first = self._first_rung_among(trials)
        for trial in paused:  # the first trials paused when no length was known
            length, reached = length_of(trial), len(trial.intermediate_values)
            if math.isinf(length):  # it was interrupted: such trials do not pause
                return Step(trial, reached + 1)
            is_given = trial.number == 0 and FIXED_PARAMS in trial.system_attrs
            if is_given and length - reached <= room:
                return Step(trial, int(length))
            if reached < min(first, self.next_rung(trial)):
                return self._within(room, trial)
        if not may_begin and math.isinf(room):
            return self._last(study, trials, paused, room)
        may_begin = may_begin and room >= first
        sampler = _sampler_of(study)
        model = sampler.model(study, trials, self.rungs)
        if model is None:
            if may_begin:
                return Step(None, first)
            return self._last(study, trials, paused, room)
        best = model.most_promising(paused, room)
        if may_begin:
            parameters, promise = model.best_new(sampler.generator(len(trials)), room)
            if best is None or promise > best[1]:
                return Step(None, first, parameters)
        return self._within(room, best[0]) if best else None

    def _last(
        self,
        study: Study,
        trials: Sequence[FrozenTrial],
        paused: Sequence[FrozenTrial],
        room: float,
    ) -> Step | None:
        """Continue the best paused trial; without an epoch budget, only from the best quarter."""
        known = [trial for trial in trials if trial.intermediate_values]
        known.sort(key=lambda trial: self._standing(study, trial), reverse=True)
        if math.isinf(room):
            known = known[: max(1, len(known) // FACTOR)]
        left = [trial for trial in known if trial in paused]
        return self._within(room, left[0]) if left else None

    def _first_rung_among(self, trials: Sequence[FrozenTrial]) -> int:
        lengths = [length for trial in trials if math.isfinite(length := length_of(trial))]
        return next(self.rungs(max(lengths, default=math.inf)))


def _sampler_of(study: Study) -> CurveSampler:
    from hydra_tailor.policy.curves import CurveSampler  # imported here: jobs do not need SciPy

    sampler = study.sampler
    inner = sampler.inner if isinstance(sampler, Seeded) else sampler
    if not isinstance(inner, CurveSampler):
        raise ConfigError(
            "`hydra/sweeper/pruner=freeze_thaw` decides by the model of the sampler `curves`, "
            f"got a {type(inner).__name__}. Add hydra/sweeper/sampler=curves, or take "
            "hydra/sweeper/pruner=promote."
        )
    return inner
