"""Hydra inside a running Python process: the commands of `src/train.py` as functions."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException

from tailor import config as schema
from tailor.errors import ConfigError, why_not_composed

CONFIG = "train"


class Interrupted(KeyboardInterrupt):
    """The user interrupted a cell; the message says what is kept and how to continue.

    A `KeyboardInterrupt`, so that the cells below do not run.
    """

    def _render_traceback_(self) -> list[str]:
        """The text that a notebook shows instead of a traceback; IPython calls this method."""
        return [str(self)]


@contextmanager
def session() -> Iterator[Any]:
    """Yield Hydra on `conf/`, as `src/train.py` starts it; restore the global state afterwards.

    Raises:
        ConfigError: a key or a value is wrong.
    """
    schema.register()
    program = schema.conf_directory().parent / "src" / "train.py"
    with (
        initialize_config_dir(str(schema.conf_directory()), job_name=CONFIG),
        # A trial's note repeats the typed command, which would here be that of the kernel.
        _arguments([str(program)]),
        _logging(),
    ):
        try:
            yield GlobalHydra.instance().hydra
        except HydraException as error:
            raise ConfigError(why_not_composed(error) or _sentence(error)) from error


def listed(overrides: Sequence[str] | str) -> list[str]:
    """Overrides as a list; a text is one override."""
    return [overrides] if isinstance(overrides, str) else list(overrides)


def _sentence(error: HydraException) -> str:
    """The first line of an error, and that of its cause unless it says the same."""
    lines = [str(one).partition("\n")[0] for one in (error, error.__cause__) if one]
    return " ".join(dict.fromkeys(lines))


@contextmanager
def _arguments(arguments: Sequence[str]) -> Iterator[None]:
    before = sys.argv
    sys.argv = [*arguments]
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _logging() -> Iterator[None]:
    """Restore the root logger, which Hydra configures."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
