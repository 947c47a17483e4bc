"""`hydra/sweeper=tailor`: what Hydra sees of the sweeper. The work is in `_sweep`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hydra.errors import CompactHydraException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from tailor.errors import TailorError

from . import config as config

if TYPE_CHECKING:
    from ._sweep import Sweep


class SweepError(TailorError, CompactHydraException):
    """An error of ours in the form that any Hydra program prints as its message alone."""


class TailorSweeper(Sweeper):
    """Searches with Optuna: prunes, keeps every worker busy, continues, joins other hosts."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings  # checked in `setup`: Hydra wraps what is raised here
        self._sweep: Sweep | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        from ._settings import Settings
        from ._sweep import Sweep

        with _as_paragraph():
            settings = Settings.of(self._settings)
            self._sweep = Sweep(settings, hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        assert self._sweep is not None, "Hydra calls setup first"
        with _as_paragraph():
            self._sweep.run(arguments)


@contextmanager
def _as_paragraph() -> Iterator[None]:
    try:
        yield
    except TailorError as error:
        raise SweepError(str(error)) from error
