"""A forked process has the handlers that were there before ours."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from hydra_tailor import signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


@pytest.fixture(autouse=True)
def handled() -> Iterator[list[int]]:
    received: list[int] = []
    signals.handle((signal.SIGTERM, signal.SIGUSR1), lambda number, _: received.append(number))
    yield received
    signals.restore()


def test_a_signal_to_a_child_that_has_not_run_yet_ends_it() -> None:
    """As `multiprocessing.Pool` ends its processes. Many times, as it is a race."""
    for _ in range(200):
        child = os.fork()
        if child == 0:
            while True:
                signal.pause()
        os.kill(child, signal.SIGTERM)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM


def test_the_parent_still_handles_them_after_a_fork(handled: list[int]) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    os.kill(os.getpid(), signal.SIGTERM)
    assert handled == [signal.SIGTERM]


def test_restoring_leaves_a_handler_that_somebody_set_later() -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signals.restore()
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
