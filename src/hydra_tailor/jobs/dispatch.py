"""Keeping every worker of a launcher busy: each job starts and ends independently."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus

from hydra_tailor.jobs.launchers import AnyLauncher
from hydra_tailor.jobs.lost_node import lost_node

Returned = tuple[int, JobReturn]


class Dispatcher:
    """Runs single jobs on a launcher, several at once.

    A launcher's `launch` returns when its whole batch is done. So each job is launched as a batch
    of its own, from a thread of its own. An inline launcher's jobs run in the calling thread.
    """

    def __init__(self, launcher: AnyLauncher) -> None:
        self._launcher = launcher
        self._returned: queue.SimpleQueue[Returned] = queue.SimpleQueue()
        self.in_flight = 0

    @property
    def inline(self) -> bool:
        return self._launcher.inline

    @property
    def free(self) -> bool:
        """Whether one more job may be launched."""
        return self.in_flight < self._launcher.capacity

    def launch(self, number: int, overrides: Sequence[str]) -> None:
        """Begin a job; `wait` returns it when it has ended."""
        self.in_flight += 1
        if self.inline:
            self._run(number, overrides)
        else:
            threading.Thread(
                target=self._run, args=(number, overrides), daemon=True, name=f"trial-{number}"
            ).start()

    def _run(self, number: int, overrides: Sequence[str]) -> None:
        try:
            returned = self._launcher.launch(number, overrides)
        except BaseException as error:  # the launcher's own failure fails only this trial
            if self.inline and not isinstance(error, (Exception, SystemExit)):
                raise
            returned = JobReturn()
            returned.overrides = list(overrides)
            returned.status = JobStatus.FAILED
            returned.return_value = lost_node(error) or error
        self._returned.put((number, returned))

    def wait(self, seconds: float) -> Returned | None:
        """Return a job that has ended, or None if none did within `seconds`."""
        try:
            returned = self._returned.get(timeout=seconds)
        except queue.Empty:
            return None
        self.in_flight -= 1
        return returned

    def close(self, *, kill: bool) -> None:
        self._launcher.close(kill=kill)
