"""Signal handlers of this process alone: a process that a job forks has those from before."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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


@contextmanager
def held_back(numbers: Iterable[int]) -> Iterator[None]:
    """Let signals to a process that is started within the block wait until its `let_through`.

    It inherits the mask of this thread. Without it, Ctrl-C would meet the imports of the new
    process, before it has a handler.
    """
    if sys.platform == "win32":  # no masks there
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through(numbers: Iterable[int]) -> None:
    """Receive the signals that `held_back` has kept waiting, and later ones."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


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
