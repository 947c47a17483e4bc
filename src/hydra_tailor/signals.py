"""Signal handlers of this process alone: a process that a job forks has those from before."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

_former: dict[int, tuple[Any, Any]] = {}
"""By signal: the handler from before, and ours."""
_mask = threading.local()


def handle(numbers: Iterable[int], handler: Callable[..., Any]) -> None:
    """Handle signals until `restore` is called.

    Args:
        numbers: of the signals.
        handler: as `signal.signal` takes it. Call this in the main thread.
    """
    for number in numbers:
        _former[number] = signal.signal(number, handler), handler


def restore() -> None:
    """Put the handlers back that `handle` replaced, unless a job has set its own."""
    while _former:
        number, (former, ours) = _former.popitem()
        if signal.getsignal(number) == ours:
            signal.signal(number, former)


if sys.platform != "win32":  # no fork there

    def _before_fork() -> None:
        # A signal to a child that has not run yet would find our handler, whose flag Python clears
        # as the child begins: `Pool.terminate` would wait for ever. Blocked, it stays pending.
        _mask.former = signal.pthread_sigmask(signal.SIG_BLOCK, _former)

    def _after_fork() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _mask.former)

    def _after_fork_in_child() -> None:
        restore()
        _after_fork()

    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
    )
