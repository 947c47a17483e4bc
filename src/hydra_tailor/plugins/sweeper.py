"""`hydra/sweeper=tailor`: the class that Hydra loads."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.errors import CompactHydraException, HydraException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_tailor.disk import cannot_be_written
from hydra_tailor.errors import TailorError, is_interrupt
from hydra_tailor.plugins import config as config


class SweepError(TailorError, CompactHydraException):
    """A `TailorError` that any Hydra program reports by its message, without a traceback."""


class TailorSweeper(Sweeper):
    """Searches with Optuna: prunes, keeps every worker busy, continues, shares a study."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings  # checked in `setup`: Hydra wraps errors raised here
        self._run: Callable[[list[str]], None] | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        with _without_traceback():  # Ctrl-C during these imports, too, which take a second
            from hydra_tailor.sweep.settings import SweeperSettings
            from hydra_tailor.sweep.start import prepare

            settings = SweeperSettings.from_hydra(self._settings)
            self._run = prepare(settings, hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> None:
        assert self._run is not None, "Hydra calls setup first"
        with _without_traceback():
            self._run(arguments)


@contextmanager
def _without_traceback() -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if is_interrupt(error):  # before trials run, or a second Ctrl-C: results are kept
            sys.exit(128 + signal.SIGINT)
        if isinstance(error, TailorError):
            raise SweepError(str(error)) from error
        # HydraException is compact already; some kinds are an OSError
        if isinstance(error, OSError) and not isinstance(error, HydraException):
            raise SweepError(cannot_be_written(error, Path.cwd())) from error
        raise
