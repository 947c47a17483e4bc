"""When a sweep ends before its budget is spent."""

from __future__ import annotations

import time
from collections.abc import Sequence

from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from hydra_tailor.study.ranking import best_of, complete, rank
from hydra_tailor.sweep.settings import SweeperSettings


class StoppingRules:
    """`timeout`, `patience` and `target` of the sweeper.

    Args:
        settings: of the sweeper; the timeout counts from now.
    """

    def __init__(self, settings: SweeperSettings) -> None:
        self._settings = settings
        self._started = time.monotonic()

    def reason(self, study: Study, trials: Sequence[FrozenTrial]) -> str | None:
        """Return why no further trial should begin, or None."""
        timeout, patience = self._settings.timeout, self._settings.patience
        if timeout is not None and time.monotonic() - self._started >= timeout:
            return f"the timeout of {timeout:g} s has passed"
        if len(study.directions) > 1 or not complete(trials):
            return None
        best = best_of(study, trials)
        target = self._settings.target
        if target is not None and rank(study, best)[0] <= self._signed(study, target):
            return f"trial {best.number} reached the target of {target:g} with {best.value:g}"
        if patience is not None:
            since = sum(1 for trial in trials if _finished_after(trial, best))
            if since >= patience:
                return (
                    f"{since} finished trials were not better than trial {best.number} "
                    f"(patience {patience})"
                )
        return None

    @staticmethod
    def _signed(study: Study, value: float) -> float:
        return -value if study.direction is StudyDirection.MAXIMIZE else value


def _finished_after(trial: FrozenTrial, best: FrozenTrial) -> bool:
    if trial.datetime_complete is None or best.datetime_complete is None:
        return False
    return trial.datetime_complete > best.datetime_complete
