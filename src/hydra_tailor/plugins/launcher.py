"""`hydra/launcher=local`: the class that Hydra loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_tailor.bounds import refuse_unknown_keys
from hydra_tailor.jobs.settings import KEY, LocalLauncherSettings
from hydra_tailor.plugins import config as config

if TYPE_CHECKING:
    from hydra_tailor.jobs.pool import Pool


class LocalLauncher(Launcher):
    """Runs jobs in worker processes on this machine; a worker runs one job after another."""

    def __init__(self, **settings: Any) -> None:
        self._given = settings  # checked in `setup`: Hydra wraps errors raised here
        self._pool: Pool | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from hydra_tailor.jobs.pool import refuse_in_unguarded_program

        refuse_in_unguarded_program()
        refuse_unknown_keys(LocalLauncherSettings, self._given, prefix=KEY)
        self.settings = LocalLauncherSettings(**self._given)
        self._hydra_context = hydra_context
        self._task_function = task_function
        self._config = config

    @property
    def pool(self) -> Pool:
        """The workers, created on first use; each process starts with its first job."""
        if self._pool is None:
            from hydra_tailor.jobs.pool import Pool
            from hydra_tailor.jobs.slots import slots

            self._pool = Pool(
                slots(self.settings),
                hydra_context=self._hydra_context,
                task_function=self._task_function,
                config=self._config,
            )
        return self._pool

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs, one per worker at a time; may be called from several threads."""
        return self.pool.run(job_overrides, initial_job_idx)

    def close(self, *, kill: bool = False) -> None:
        """End the workers: after their job, or at once with `kill`."""
        if self._pool is not None:
            self._pool.close(kill=kill)
            self._pool = None
