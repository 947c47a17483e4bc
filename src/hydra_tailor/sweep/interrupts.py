"""Ctrl-C and SIGTERM during a sweep."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

from hydra_tailor import signals


class Interrupts:
    """The first signal asks the sweep to stop, the second ends everything at once.

    Args:
        on_first: called at the first signal, in the main thread between two bytecodes.
        on_second: called at the second signal; should not return to the interrupted code.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> None:
        self._on_first = on_first
        self._on_second = on_second
        self.received: int | None = None
        self._ignored = False

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            signals.handle(self.SIGNALS, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if threading.current_thread() is threading.main_thread():
            signals.restore()

    def ignore(self) -> None:
        """Ignore further signals: the sweep ends within seconds and must not be cut off."""
        self._ignored = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._ignored:
            return
        first = self.received is None
        self.received = number
        (self._on_first if first else self._on_second)()
