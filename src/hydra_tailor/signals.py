"""Signal handlers of this process only: a process that a job forks gets the previous ones."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_former: dict[int, tuple[Any, Any]] = {}
"""The previous handler and ours, by signal."""
_mask = threading.local()


def handle(numbers: Iterable[int], handler: Callable[..., Any]) -> None:
    """Handle signals until `restore` is called. Call this in the main thread.

    Args:
        numbers: the signals' numbers.
        handler: as for `signal.signal`.
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
    """Block signals in a process started within the block until it calls `let_through`.

    The new process inherits this thread's signal mask. Otherwise Ctrl-C could arrive during its
    imports, before it has a handler.
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
    """Receive the signals that `held_back` has blocked, and later ones."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


if sys.platform != "win32":  # no fork there

    def _before_fork() -> None:
        # Without this, a signal that arrives before the child runs would call our handler, whose
        # flag Python clears when the child starts: the signal would be lost, and `Pool.terminate`
        # would wait for ever. A blocked signal stays pending.
        _mask.former = signal.pthread_sigmask(signal.SIG_BLOCK, _former)

    def _after_fork() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _mask.former)

    def _after_fork_in_child() -> None:
        restore()
        _after_fork()

    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
    )
