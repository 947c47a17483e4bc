"""One small tree of errors: each says what was wrong, what was given, what would be right."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from hydra_tailor.errors import ConfigError, StudyError, TailorError

__all__ = [
    "ConfigError",
    "DataError",
    "ModelError",
    "StudyError",
    "TailorError",
    "TrainingError",
    "report_errors_as_paragraphs",
]

FULL_ERROR_VARIABLE = "HYDRA_FULL_ERROR"


class DataError(TailorError):
    """A dataset is missing, damaged or unfit for what was asked of it."""


class ModelError(TailorError):
    """A network cannot be built for, or fed with, the data at hand."""


class TrainingError(TailorError):
    """A run cannot go on: the loss is not finite, memory is short, a checkpoint does not fit."""


def report_errors_as_paragraphs() -> None:
    """Make the interpreter print a `TailorError` as its message alone, without a traceback.

    Hydra hands what a job raises to `sys.excepthook`, so this holds for jobs as well.
    `HYDRA_FULL_ERROR=1` brings the traceback back.
    """
    show_traceback = sys.excepthook

    def show(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, TailorError) and os.environ.get(FULL_ERROR_VARIABLE) != "1":
            print(f"error: {error}", file=sys.stderr)
        else:
            show_traceback(kind, error, traceback)

    sys.excepthook = show
