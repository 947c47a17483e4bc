"""The application's errors: a message names the problem, the given value and valid values."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from hydra.errors import ConfigCompositionException, HydraException
from omegaconf.errors import OmegaConfBaseException

from hydra_tailor.errors import ConfigError, StudyError, TailorError, is_interrupt

__all__ = [
    "ConfigError",
    "DamagedFile",
    "DataError",
    "ModelError",
    "StudyError",
    "TailorError",
    "TrainingError",
    "errors_end_the_program",
    "report_errors_as_paragraphs",
    "why_not_composed",
]

FREE_KEYS = "model.options."
"""Start of the only keys that a user may add to a config with `+`."""
FULL_ERROR_VARIABLE = "HYDRA_FULL_ERROR"
ONLY_PRINTS = frozenset(
    {"--help", "-h", "--hydra-help", "--version", "--cfg", "-c", "--info", "-i"}
)
"""Words of a command line that only print."""
INTERRUPTED = 130
"""Exit status of a program that was ended by Ctrl-C, by the convention of shells."""


class DataError(TailorError):
    """A dataset is missing or damaged, or does not allow what was requested."""


class ModelError(TailorError):
    """A network cannot be built, or does not fit the data."""


class TrainingError(TailorError):
    """A run cannot continue: a loss that is not finite, too little memory, a wrong checkpoint."""


class DamagedFile(TailorError):
    """A file of a run is not what the run wrote."""


@contextmanager
def errors_end_the_program(
    *, interrupted: Callable[[], str] = lambda: "interrupted."
) -> Iterator[None]:
    """End the program at a `TailorError` with its message alone, at Ctrl-C with a short note.

    For a program of one job: Hydra would print an extra line before the message.

    Args:
        interrupted: returns what to print at Ctrl-C.
    """
    try:
        yield
    except BaseException as error:
        if _wants_traceback():
            raise
        if is_interrupt(error):
            print(f"\n{interrupted()}", file=sys.stderr)
            sys.exit(INTERRUPTED)
        if isinstance(error, TailorError):
            sys.exit(f"error: {error}")
        raise


def report_errors_as_paragraphs() -> None:
    """Make the interpreter print a `TailorError` as its message alone, and Ctrl-C as one word.

    The same holds for Hydra's own errors, which Hydra shows with a traceback beside `--help`.

    Hydra passes a job's exception to `sys.excepthook`, so this applies to jobs as well.
    If a config cannot be composed, Hydra's advice to append a key with `+` is left out, except for
    `FREE_KEYS`: an appended key would be refused. `HYDRA_FULL_ERROR=1` restores the traceback.

    A command that only prints ends without a word if its reader does, as in `--help | head`.
    """
    if hasattr(signal, "SIGPIPE") and not ONLY_PRINTS.isdisjoint(sys.argv[1:]):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    from hydra_tailor.internals.hydra import end_with_message_of  # takes a moment to import

    end_with_message_of(_ended_by)
    show_traceback = sys.excepthook

    def show(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if _wants_traceback():
            show_traceback(kind, error, traceback)
        elif is_interrupt(error):
            print("\ninterrupted.", file=sys.stderr)
        elif isinstance(error, (TailorError, HydraException)):
            print(f"error: {error}", file=sys.stderr)
        else:
            show_traceback(kind, error, traceback)

    sys.excepthook = show


def _ended_by(error: Exception) -> str | None:
    why = None if _wants_traceback() else why_not_composed(error)
    return why and f"error: {why}"


def why_not_composed(error: Exception) -> str | None:
    """A paragraph on a key or an interpolation that OmegaConf refused; None for other errors."""
    refused = error.__cause__ if isinstance(error, ConfigCompositionException) else error
    if not isinstance(refused, OmegaConfBaseException):
        return None
    first = str(refused).partition("\n")[0].rstrip(".")
    if refused is error:
        return f"{first}{f' (`{refused.full_key}`)' if refused.full_key else ''}."
    where = str(error).partition("\n")[0].rstrip(".")
    if str(refused.full_key).startswith(FREE_KEYS):
        return f"{where}. A new key needs a plus: +{refused.full_key}=..."
    return f"{where}. {first}{'.' * (not first.endswith('?'))}"


def _wants_traceback() -> bool:
    return os.environ.get(FULL_ERROR_VARIABLE) == "1"
