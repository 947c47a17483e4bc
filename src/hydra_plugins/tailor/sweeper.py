"""`hydra/sweeper=tailor`: what Hydra sees of the sweeper. The work is in `_sweep`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from . import config as config

if TYPE_CHECKING:
    from ._sweep import Sweep


class TailorSweeper(Sweeper):
    """Searches with Optuna: prunes, keeps every worker busy, continues, joins other hosts."""

    def __init__(self, **settings: Any) -> None:
        from ._settings import Settings

        self._settings = Settings.of(settings)
        self._sweep: Sweep | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from ._sweep import Sweep

        self._sweep = Sweep(self._settings, hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        assert self._sweep is not None, "Hydra calls setup first"
        self._sweep.run(arguments)
