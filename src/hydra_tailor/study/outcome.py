"""From a job's return to its trial's state and values."""

from __future__ import annotations

import contextlib
import io
import math
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import optuna
from hydra.core.utils import JobReturn, JobStatus
from optuna.trial import TrialState

from hydra_tailor.disk import cannot_be_written, is_full
from hydra_tailor.errors import (
    NodeLost,
    StorageAway,
    TailorError,
    TrialInterrupted,
    TrialTaken,
    is_interrupt,
)
from hydra_tailor.internals.hydra import raw_return_value

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

HYDRA_JOB_FILE = str(Path("hydra", "core", "utils.py"))
MAX_REASON_CHARACTERS = 2000
"""Storages limit the length of an attribute."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: COMPLETE, PRUNED or FAIL; WAITING for a trial that was interrupted and will
            continue; RUNNING for one that another process has taken over.
        values: one number per objective for COMPLETE, else None.
        reason: why it failed; empty otherwise.
        error: the type and the first line of the exception that it failed with.
        lost: how its node was lost, where that is why the trial is WAITING.
        paused: whether the trial is WAITING to be promoted.
        stop: why no trial can run for now, where that is why the trial is WAITING.
    """

    state: TrialState
    values: tuple[float, ...] | None = None
    reason: str = ""
    error: str = ""
    lost: str = ""
    paused: bool = False
    stop: str = ""

    @property
    def headline(self) -> str:
        """The reason in one line; a trial failed by another program has none."""
        return self.error or _first_line(self.reason) or "failed by another program"


def outcome_of(returned: JobReturn, n_objectives: int) -> Outcome:
    """Determine a trial's outcome from what its job returned or raised."""
    if returned.status is not JobStatus.COMPLETED:
        return _outcome_of_error(_raised_by(returned))
    value = returned.return_value
    try:
        given = [value] if n_objectives == 1 or isinstance(value, str) else value
        values = tuple(map(float, given))
    except OverflowError:  # a whole number, which may be too long to print
        return Outcome(TrialState.FAIL, reason="the job returned a number that is too large.")
    except (TypeError, ValueError):
        expected = "a number" if n_objectives == 1 else f"a list of {n_objectives} numbers"
        return Outcome(TrialState.FAIL, reason=f"the job must return {expected}, got {value!r}.")
    if len(values) != n_objectives:
        return Outcome(
            TrialState.FAIL,
            reason=f"the job must return {n_objectives} numbers, one per objective, got "
            f"{value!r}.",
        )
    if any(map(math.isnan, values)):
        return Outcome(TrialState.FAIL, reason=f"the job must return numbers, got {value!r}.")
    return Outcome(TrialState.COMPLETE, values=values)


def _raised_by(returned: JobReturn) -> BaseException:
    """The error of a job, with the traceback it had in the job's process."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # Hydra prints the job's overrides
            returned.return_value  # noqa: B018
    except BaseException as error:
        return error
    return RuntimeError(f"the job ended without a result: {raw_return_value(returned)!r}")


def _outcome_of_error(error: BaseException) -> Outcome:
    if isinstance(error, optuna.TrialPruned):
        return Outcome(TrialState.PRUNED)
    if isinstance(error, TrialTaken):
        return Outcome(TrialState.RUNNING)
    if is_interrupt(error):
        return Outcome(TrialState.WAITING)
    if isinstance(error, StorageAway):
        return Outcome(TrialState.WAITING, stop=str(error))
    if is_full(error):  # the next trial would fail too
        return Outcome(TrialState.WAITING, stop=_without_space(error))
    if isinstance(error, TrialInterrupted):
        return Outcome(TrialState.WAITING)
    if isinstance(error, NodeLost):
        return Outcome(TrialState.WAITING, lost=str(error))
    return Outcome(TrialState.FAIL, reason=explain(error), error=_headline(error))


def _without_space(error: BaseException) -> str:
    if isinstance(error, OSError):
        return cannot_be_written(error, Path(error.filename or ".").absolute())
    return str(error)


def explain(error: BaseException) -> str:
    """The message of one of our own errors; of any other error the end of its traceback."""
    if isinstance(error, TailorError):
        return str(error) or type(error).__name__
    text = "".join(traceback.format_exception(type(error), error, _within_job(error)))
    return text.strip()[-MAX_REASON_CHARACTERS:]


def _headline(error: BaseException) -> str:
    line = _first_line(str(error))
    if isinstance(error, TailorError) and line:
        return line
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _within_job(error: BaseException) -> TracebackType | None:
    """The program's own part of a traceback: what follows Hydra's last frame."""
    own = step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(HYDRA_JOB_FILE):
            own = step.tb_next
        step = step.tb_next
    return own
