"""When a sweep ends: the rules of its config, and the user's Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from ._record import best_of, complete, rank
from ._settings import Settings

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class Rules:
    """Says why no further trial should begin, or None.

    Args:
        settings: `timeout`, `patience`, `target` of the sweeper.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started = time.monotonic()

    def reason(self, study: Study, trials: Sequence[FrozenTrial]) -> str | None:
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
                    f"{since} finished trials brought nothing better than trial {best.number} "
                    f"(patience {patience})"
                )
        return None

    @staticmethod
    def _signed(study: Study, value: float) -> float:
        return -value if study.direction.name == "MAXIMIZE" else value


def _finished_after(trial: FrozenTrial, best: FrozenTrial) -> bool:
    if trial.datetime_complete is None or best.datetime_complete is None:
        return False
    return trial.datetime_complete > best.datetime_complete


class Interrupts:
    """Ctrl-C and SIGTERM: the first asks to stop, the second ends everything at once.

    Args:
        on_first: called at the first signal, in the main thread between two bytecodes.
        on_second: called at the second; should not return to what was running.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> None:
        self._on_first = on_first
        self._on_second = on_second
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._handle) for one in self.SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first = self.received is None
        self.received = number
        (self._on_first if first else self._on_second)()
