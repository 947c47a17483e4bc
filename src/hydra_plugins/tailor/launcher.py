"""`hydra/launcher=local`: what Hydra sees of the launcher. The work is in `_workers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from . import config as config

if TYPE_CHECKING:
    from ._workers import Pool


class LocalLauncher(Launcher):
    """Runs jobs in worker processes of this machine that live on from job to job."""

    def __init__(
        self,
        workers: Any,
        memory_per_worker: float,
        devices: Sequence[int | str] | None,
        trials_per_device: int,
    ) -> None:
        self.workers = workers
        self.memory_per_worker = memory_per_worker
        self.devices = None if devices is None else list(devices)
        self.trials_per_device = trials_per_device
        self._pool: Pool | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from ._workers import refuse_in_unguarded_program

        refuse_in_unguarded_program()
        self._hydra_context = hydra_context
        self._task_function = task_function
        self._config = config

    @property
    def pool(self) -> Pool:
        """The workers, made on first use; each process starts with its first job."""
        if self._pool is None:
            from ._slots import slots
            from ._workers import Pool

            self._pool = Pool(
                slots(
                    self.workers,
                    memory_per_worker=self.memory_per_worker,
                    devices=self.devices,
                    trials_per_device=self.trials_per_device,
                ),
                hydra_context=self._hydra_context,
                task_function=self._task_function,
                config=self._config,
            )
        return self._pool

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs, one a worker at once; safe to call from several threads."""
        return self.pool.run(job_overrides, initial_job_idx)

    def close(self, *, kill: bool = False) -> None:
        """End the workers: after their job, or at once with `kill`."""
        if self._pool is not None:
            self._pool.close(kill=kill)
            self._pool = None
