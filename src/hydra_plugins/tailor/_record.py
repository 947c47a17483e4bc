"""What becomes of a job: its trial's state and values, and the files a sweep leaves."""

from __future__ import annotations

import contextlib
import io
import math
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import optuna
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tailor.errors import TailorError
from tailor.files import whole
from tailor.search.patience import StorageAway
from tailor.search.trial import TrialInterrupted, TrialTaken

from ._lost import NodeLost

RESULTS_FILE = "optimization_results.yaml"
HYDRA_JOB = str(Path("hydra", "core", "utils.py"))
REASON_LENGTH = 2000  # characters of a failure's explanation; storages limit what they hold


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        state: COMPLETE, PRUNED or FAIL; WAITING for a trial that was interrupted and goes on,
            RUNNING for one that another process has taken over.
        values: one number an objective for COMPLETE, else None.
        reason: why it failed; empty otherwise.
        lost: what became of its node, for a trial that is WAITING because of that.
    """

    state: TrialState
    values: tuple[float, ...] | None = None
    reason: str = ""
    lost: str = ""

    @property
    def last_line(self) -> str:
        """The end of the reason; whoever fails a trial from elsewhere gives none."""
        return self.reason.splitlines()[-1] if self.reason else "failed from elsewhere"


def outcome_of(returned: JobReturn, n_objectives: int) -> Outcome:
    """Judge a job by what it returned or raised."""
    if returned.status is not JobStatus.COMPLETED:
        return _outcome_of_error(_raised_by(returned))
    value = returned.return_value
    try:
        values = tuple(float(one) for one in (value if n_objectives > 1 else [value]))
    except (TypeError, ValueError):
        expected = "a number" if n_objectives == 1 else f"a list of {n_objectives} numbers"
        return Outcome(TrialState.FAIL, reason=f"the job must return {expected}, got {value!r}.")
    if len(values) != n_objectives:
        return Outcome(
            TrialState.FAIL,
            reason=f"the job must return {n_objectives} numbers, one an objective, got {value!r}.",
        )
    if any(map(math.isnan, values)):
        return Outcome(TrialState.FAIL, reason=f"the job must return numbers, got {value!r}.")
    return Outcome(TrialState.COMPLETE, values=values)


def _raised_by(returned: JobReturn) -> BaseException:
    """What a job raised, with the traceback it had in its own process."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # Hydra prints the job's overrides
            returned.return_value  # noqa: B018
    except BaseException as error:
        return error
    return RuntimeError(f"the job ended without a result: {returned._return_value!r}")


def _outcome_of_error(error: BaseException) -> Outcome:
    if isinstance(error, optuna.TrialPruned):
        return Outcome(TrialState.PRUNED)
    if isinstance(error, TrialTaken):
        return Outcome(TrialState.RUNNING)
    if isinstance(error, (TrialInterrupted, StorageAway, KeyboardInterrupt)):
        return Outcome(TrialState.WAITING)
    if isinstance(error, NodeLost):
        return Outcome(TrialState.WAITING, lost=str(error))
    return Outcome(TrialState.FAIL, reason=explain(error))


def explain(error: BaseException) -> str:
    """The message of one of our own errors, the traceback of any other, cut to its end."""
    if isinstance(error, TailorError):
        return str(error) or type(error).__name__
    text = "".join(traceback.format_exception(type(error), error, _within_job(error)))
    return text.strip()[-REASON_LENGTH:]


def _within_job(error: BaseException) -> TracebackType | None:
    """The part of a traceback that is the program's own: what follows Hydra's last frame."""
    own = step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename.endswith(HYDRA_JOB):
            own = step.tb_next
        step = step.tb_next
    return own


def write_results(directory: Path, study: Study, extra: dict[str, Any]) -> None:
    """Write `optimization_results.yaml`: hydra-optuna-sweeper's keys, then what else is known.

    Args:
        directory: the sweep's.
        study: with one complete trial or more.
        extra: added as it is.
    """
    if len(study.directions) == 1:
        best = best_of(study)
        results: dict[str, Any] = {
            "name": "optuna",
            "best_params": best.params,
            "best_value": best.value,
            "best_trial": best.number,
        }
    else:
        results = {
            "name": "optuna",
            "solutions": [
                {"params": trial.params, "values": trial.values, "trial": trial.number}
                for trial in study.best_trials
            ],
        }
    with whole(directory / RESULTS_FILE) as temporary:
        OmegaConf.save(OmegaConf.create({**results, **extra}), temporary)


def best_of(study: Study, trials: Sequence[FrozenTrial] | None = None) -> FrozenTrial:
    """The best complete trial of a study with one objective, the earliest of equals.

    Args:
        study: says which direction is better.
        trials: its trials, where they are already read.
    """
    known = study.get_trials(deepcopy=False) if trials is None else trials
    return min(complete(known), key=lambda trial: rank(study, trial))


def complete(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    return [trial for trial in trials if trial.state is TrialState.COMPLETE]


def rank(study: Study, trial: FrozenTrial) -> tuple[float, int]:
    """Ascending from the best to the worst complete trial of a study with one objective."""
    sign = -1 if study.direction is optuna.study.StudyDirection.MAXIMIZE else 1
    return sign * trial.values[0], trial.number
