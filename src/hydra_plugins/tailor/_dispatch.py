"""Keeping every worker of a launcher busy: jobs go out one by one and come back as they end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import TaskFunction
from omegaconf import DictConfig

from tailor.errors import TailorError
from tailor.search.trial import TrialInterrupted

from ._lost import node_lost
from ._ray import RayCluster, carried, take
from ._slots import count_cores
from .launcher import LocalLauncher

Returned = tuple[int, JobReturn]


class OrderlyTask:
    """A program's main function whose `sys.exit` and Ctrl-C are errors like any other.

    Hydra attaches to those two what a job returned, in a circle that no process can pickle to
    send it back.

    Args:
        function: the program's.
        variables: of the environment, for a job whose process does not inherit it.
    """

    def __init__(self, function: TaskFunction, variables: Mapping[str, str] | None = None) -> None:
        self._function = function
        self._variables = dict(variables or {})

    def __call__(self, config: DictConfig) -> Any:
        take(self._variables)
        try:
            return self._function(config)
        except KeyboardInterrupt as error:
            raise TrialInterrupted("the job was interrupted by a signal.") from error
        except SystemExit as error:
            raise JobExited(f"SystemExit: {error.code}") from error


class JobExited(TailorError):
    """A job called `sys.exit`."""


class Dispatcher:
    """Runs single jobs on a launcher, several at once.

    A launcher's `launch` returns when its whole batch is done, so each job is a batch of its own,
    launched from a thread of its own. A launcher that runs jobs in this very process takes one at
    a time, in the calling thread.

    Args:
        launcher: any Hydra launcher, set up.
        n_jobs: jobs at once, -1 for one a core, or `auto`; on a Ray cluster these two mean as many
            as its nodes hold.
    """

    def __init__(self, launcher: Launcher, n_jobs: int | str) -> None:
        self._launcher = launcher
        self._returned: queue.SimpleQueue[Returned] = queue.SimpleQueue()
        self.inline = isinstance(launcher, BasicLauncher)
        self.in_flight = 0
        self._cluster: RayCluster | None = None
        self._capacity = self._prepare(n_jobs)

    def _prepare(self, n_jobs: int | str) -> int:
        launcher: Any = self._launcher
        if self.inline:
            return 1
        if isinstance(launcher, LocalLauncher):
            if n_jobs != "auto":
                launcher.workers = n_jobs
            return len(launcher.pool.slots)
        on_ray = hasattr(launcher, "ray_cfg")
        if hasattr(launcher, "task_function") and not _finds_tasks_by_name(launcher):
            variables = carried() if on_ray else None
            launcher.task_function = OrderlyTask(launcher.task_function, variables)
        if on_ray:
            cluster = RayCluster(launcher)
            if n_jobs in ("auto", -1):
                self._cluster = cluster
                return cluster.capacity
        count = count_cores() if n_jobs in ("auto", -1) else int(n_jobs)
        if hasattr(launcher, "joblib"):
            # joblib with one job at once runs it in this process, where two would collide.
            launcher.joblib["n_jobs"] = max(2, count)
        return count

    @property
    def capacity(self) -> int:
        """Jobs that may run at once; a cluster's changes with its nodes."""
        return self._capacity if self._cluster is None else self._cluster.capacity

    @property
    def free(self) -> bool:
        return self.in_flight < self.capacity

    def launch(self, number: int, overrides: Sequence[str]) -> None:
        """Begin a job; it comes back through `wait`."""
        self.in_flight += 1
        if self.inline:
            self._run(number, overrides)
        else:
            threading.Thread(
                target=self._run, args=(number, overrides), daemon=True, name=f"trial-{number}"
            ).start()

    def _run(self, number: int, overrides: Sequence[str]) -> None:
        try:
            returned = self._launcher.launch([list(overrides)], initial_job_idx=number)[0]
        except BaseException as error:  # the launcher's own failure is this trial's alone
            if self.inline and not isinstance(error, (Exception, SystemExit)):
                raise
            returned = JobReturn()
            returned.overrides = list(overrides)
            returned.status = JobStatus.FAILED
            returned.return_value = node_lost(error) or error
        self._returned.put((number, returned))

    def wait(self, seconds: float) -> Returned | None:
        """Return a job that has ended, or None when none did within `seconds`."""
        try:
            returned = self._returned.get(timeout=seconds)
        except queue.Empty:
            return None
        self.in_flight -= 1
        return returned

    def close(self, *, kill: bool) -> None:
        if isinstance(self._launcher, LocalLauncher):
            self._launcher.close(kill=kill)


def _finds_tasks_by_name(launcher: Any) -> bool:
    return bool(getattr(launcher, "joblib", {}).get("backend") == "multiprocessing")
