"""Rules that end a sweep before its budget is spent."""

from __future__ import annotations

import time
from collections.abc import Sequence

from optuna.study import Study
from optuna.trial import FrozenTrial

from hydra_tailor.study.continuing import counted
from hydra_tailor.study.ranking import as_searched, complete, maximizes
from hydra_tailor.sweep.settings import SweeperSettings


class StoppingRules:
    """`timeout`, `patience` and `target` of the sweeper.

    Args:
        settings: the sweeper's settings; the timeout counts from now.
    """

    def __init__(self, settings: SweeperSettings) -> None:
        self._settings = settings
        self._started = time.monotonic()
        self.done: str | None = None
        """Why the search is done before its budget is spent, by `patience` or `target`."""

    @property
    def timed_out(self) -> bool:
        timeout = self._settings.timeout
        return timeout is not None and time.monotonic() - self._started >= timeout

    def reason(self, study: Study, trials: Sequence[FrozenTrial]) -> str | None:
        """Return why no further trial should begin, or None."""
        if self.timed_out:
            return f"the timeout of {self._settings.timeout:g} s has passed"
        has_rule = self._settings.target is not None or self._settings.patience is not None
        if has_rule and complete(trials):
            self.done = self._done(study, trials)
        return self.done

    def _done(self, study: Study, trials: Sequence[FrozenTrial]) -> str | None:
        best = as_searched(trials, maximize=maximizes(study))[0]
        target, patience = self._settings.target, self._settings.patience
        if target is not None and self._signed(study, best.values[0]) <= self._signed(
            study, target
        ):
            return f"trial {best.number} reached the target of {target:g} with {best.value:g}"
        if patience is not None:
            since = sum(1 for trial in counted(trials) if _finished_after(trial, best))
            if since >= patience:
                return (
                    f"{since} finished trials were not better than trial {best.number} "
                    f"(patience {patience})"
                )
        return None

    @staticmethod
    def _signed(study: Study, value: float) -> float:
        return -value if maximizes(study) else value


def _finished_after(trial: FrozenTrial, best: FrozenTrial) -> bool:
    if trial.datetime_complete is None or best.datetime_complete is None:
        return False
    return trial.datetime_complete > best.datetime_complete
