"""Adapters between the sweep and Hydra's launchers, one for each kind.

An adapter is found by the name of the launcher's class, or of one of its bases. So a launcher's
package is neither required nor imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import TaskFunction
from omegaconf import DictConfig

from hydra_tailor.errors import JobExited, TrialInterrupted, is_interrupt
from hydra_tailor.jobs.ray import RayCluster, exported_environment, import_environment
from hydra_tailor.jobs.settings import AUTO
from hydra_tailor.jobs.slots import count_cores

AS_MANY_AS_FIT = (AUTO, -1)
DEFAULT_ARRAY_PARALLELISM = 256
"""Of hydra-submitit-launcher; it says nothing about the cluster."""


class TaskWithPicklableErrors:
    """A program's main function, with `sys.exit` and Ctrl-C turned into ordinary errors.

    Hydra attaches a job's return to those two exceptions, and the return holds the exception: a
    cycle that cannot be pickled and sent back to the sweep.

    Args:
        function: the program's main function.
        environment: variables for a job whose process does not inherit them.
    """

    def __init__(
        self, function: TaskFunction, environment: Mapping[str, str] | None = None
    ) -> None:
        self._function = function
        self._environment = dict(environment or {})

    def __call__(self, config: DictConfig) -> Any:
        import_environment(self._environment)
        try:
            return self._function(config)
        except BaseException as error:
            if is_interrupt(error):
                raise TrialInterrupted("the job was interrupted by a signal.") from error
            if isinstance(error, SystemExit):
                raise JobExited(f"SystemExit: {error.code}") from error
            raise


class AnyLauncher:
    """Adapter of an unknown launcher: as many jobs at once as cores.

    Args:
        launcher: a launcher that Hydra has set up.
        n_jobs: jobs at once, -1 for one per core, or `auto`: as many as the launcher can run
            (as there are cores, if it does not say).
    """

    inline = False
    """Whether jobs run in this process, one at a time."""
    prints_to_files = False
    """Whether jobs print to files and not to the terminal."""

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        self._launcher = launcher
        self._capacity = count_cores() if n_jobs in AS_MANY_AS_FIT else int(n_jobs)
        if hasattr(launcher, "task_function"):
            self._wrap_task()

    def _wrap_task(self, environment: Mapping[str, str] | None = None) -> None:
        self._launcher.task_function = TaskWithPicklableErrors(
            self._launcher.task_function, environment
        )

    @property
    def capacity(self) -> int:
        """Jobs that may run at once."""
        return self._capacity

    def launch(self, number: int, overrides: Sequence[str]) -> JobReturn:
        """Run one job and return when it has ended: a batch of one job never waits for others."""
        returned: JobReturn = self._launcher.launch([list(overrides)], initial_job_idx=number)[0]
        return returned

    def close(self, *, kill: bool) -> None:
        """End the processes that the launcher keeps running between jobs."""


class BasicLauncher(AnyLauncher):
    """Hydra's own launcher: jobs run here, one after another, in the calling thread."""

    inline = True

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        self._launcher = launcher
        self._capacity = 1

    def launch(self, number: int, overrides: Sequence[str]) -> JobReturn:
        streams = sys.stdout, sys.stderr
        try:
            return super().launch(number, overrides)
        finally:  # the job may have replaced or closed them
            sys.stdout, sys.stderr = (
                _reopened(stream, descriptor) for descriptor, stream in enumerate(streams, start=1)
            )


class LocalLauncher(AnyLauncher):
    """Our own launcher: worker processes that are reused for many jobs."""

    prints_to_files = True

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        self._launcher = launcher
        if n_jobs != AUTO:
            launcher.settings.workers = n_jobs
        self._capacity = len(launcher.pool.slots)

    def close(self, *, kill: bool) -> None:
        self._launcher.close(kill=kill)


class JoblibLauncher(AnyLauncher):
    """hydra-joblib-launcher; limited to one job at once, it would run the job in this process."""

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        typed = launcher.joblib.get("n_jobs") or -1
        super().__init__(launcher, typed if n_jobs == AUTO and typed > 0 else n_jobs)
        launcher.joblib["n_jobs"] = max(2, self._capacity)

    def _wrap_task(self, environment: Mapping[str, str] | None = None) -> None:
        if self._launcher.joblib.get("backend") != "multiprocessing":  # it pickles by name
            super()._wrap_task(environment)


class SlurmLauncher(AnyLauncher):
    """hydra-submitit-launcher on SLURM: its own limit holds where the user changed it."""

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        limit = launcher.params.get("array_parallelism", DEFAULT_ARRAY_PARALLELISM)
        changed = n_jobs == AUTO and limit != DEFAULT_ARRAY_PARALLELISM
        super().__init__(launcher, limit if changed else n_jobs)


class RayLauncher(AnyLauncher):
    """hydra-ray-launcher: as many jobs as the cluster's current nodes hold."""

    def __init__(self, launcher: Any, n_jobs: int | str) -> None:
        super().__init__(launcher, n_jobs)
        cluster = RayCluster(launcher)
        self._cluster = cluster if n_jobs in AS_MANY_AS_FIT else None

    def _wrap_task(self, environment: Mapping[str, str] | None = None) -> None:
        super()._wrap_task(exported_environment())

    @property
    def capacity(self) -> int:
        return self._capacity if self._cluster is None else self._cluster.capacity


def _reopened(stream: TextIO, descriptor: int) -> TextIO:
    if not stream.closed:
        return stream
    return open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: PTH123, SIM115


ADAPTERS: Mapping[str, type[AnyLauncher]] = {
    "hydra._internal.core_plugins.basic_launcher.BasicLauncher": BasicLauncher,
    "hydra_tailor.plugins.launcher.LocalLauncher": LocalLauncher,
    "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher": JoblibLauncher,
    "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher": SlurmLauncher,
    "hydra_plugins.hydra_ray_launcher.ray_launcher.RayLauncher": RayLauncher,
    "hydra_plugins.hydra_ray_launcher.ray_aws_launcher.RayAWSLauncher": RayLauncher,
}


def adapt(launcher: Launcher, n_jobs: int | str) -> AnyLauncher:
    """Return the adapter for a launcher that Hydra has set up."""
    for base in type(launcher).__mro__:
        adapter = ADAPTERS.get(f"{base.__module__}.{base.__qualname__}")
        if adapter is not None:
            return adapter(launcher, n_jobs)
    return AnyLauncher(launcher, n_jobs)
