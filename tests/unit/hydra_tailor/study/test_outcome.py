"""What a job returned or raised, and what becomes of its trial."""

from typing import Any

import numpy as np
import optuna
import pytest
from hydra.core.utils import JobReturn, JobStatus
from optuna.trial import TrialState

from hydra_tailor import TrialInterrupted
from hydra_tailor.errors import DiskFull
from hydra_tailor.storage.retry import StorageAway
from hydra_tailor.study.outcome import Outcome, outcome_of
from hydra_tailor.trial import TrialTaken
from tailor.errors import DataError

COMPLETE, PRUNED, FAIL, WAITING = (
    TrialState.COMPLETE,
    TrialState.PRUNED,
    TrialState.FAIL,
    TrialState.WAITING,
)


def returned(value: Any) -> JobReturn:
    result = JobReturn()
    failed = isinstance(value, BaseException)
    result.status = JobStatus.FAILED if failed else JobStatus.COMPLETED
    result.return_value = value
    return result


def within_a_library(error: BaseException) -> BaseException:
    try:
        try:
            raise error
        finally:
            raise AssertionError("the transaction is active")
    except AssertionError as raised:
        return raised


@pytest.mark.parametrize(
    ("value", "n_objectives", "state", "detail"),
    [
        pytest.param(0.5, 1, COMPLETE, (0.5,), id="a-number"),
        pytest.param(3, 1, COMPLETE, (3.0,), id="an-int"),
        pytest.param(np.float32(0.5), 1, COMPLETE, (0.5,), id="a-numpy-scalar"),
        pytest.param(float("inf"), 1, COMPLETE, (float("inf"),), id="infinite"),
        pytest.param([1, 2.5], 2, COMPLETE, (1.0, 2.5), id="a-list"),
        pytest.param((1, 2.5), 2, COMPLETE, (1.0, 2.5), id="a-tuple"),
        pytest.param(float("nan"), 1, FAIL, "got nan", id="nan"),
        pytest.param([1.0, float("nan")], 2, FAIL, "must return numbers", id="nan-in-a-list"),
        pytest.param(None, 1, FAIL, "a number, got None", id="none"),
        pytest.param("a word", 1, FAIL, "a number, got 'a word'", id="text"),
        pytest.param("12", 2, FAIL, "2 numbers, one per objective", id="text-for-a-list"),
        pytest.param(10**5000, 1, FAIL, "too large", id="a-large-int"),
        pytest.param([1.0], 1, FAIL, "a number, got", id="a-list-for-a-number"),
        pytest.param([1.0], 2, FAIL, "2 numbers, one per objective", id="too-few"),
        pytest.param([1.0, 2.0, 3.0], 2, FAIL, "2 numbers, one per objective", id="too-many"),
        pytest.param(1.0, 2, FAIL, "a list of 2 numbers", id="a-number-for-a-list"),
        pytest.param(optuna.TrialPruned(), 1, PRUNED, "", id="pruned"),
        pytest.param(TrialInterrupted("later"), 1, WAITING, "", id="interrupted"),
        pytest.param(TrialTaken("gone"), 1, TrialState.RUNNING, "", id="taken-over"),
        pytest.param(StorageAway("silent"), 1, WAITING, "", id="no-storage"),
        pytest.param(KeyboardInterrupt(), 1, WAITING, "", id="ctrl-c"),
        pytest.param(
            within_a_library(KeyboardInterrupt()), 1, WAITING, "", id="ctrl-c-in-a-library"
        ),
        pytest.param(DataError("no files"), 1, FAIL, "no files", id="an-error-of-ours"),
        pytest.param(ValueError("odd"), 1, FAIL, "ValueError: odd", id="any-error"),
        pytest.param(SystemExit(3), 1, FAIL, "SystemExit: 3", id="sys-exit"),
    ],
)
def test_a_jobs_end_decides_its_trials_state(
    value: Any, n_objectives: int, state: TrialState, detail: Any
) -> None:
    outcome = outcome_of(returned(value), n_objectives)
    assert outcome.state is state
    if state is COMPLETE:
        assert outcome == Outcome(COMPLETE, values=detail)
    else:
        assert outcome.values is None
        assert detail in outcome.reason


def test_a_long_traceback_keeps_its_end() -> None:
    reason = outcome_of(returned(ValueError("x" * 10_000 + " the end")), 1).reason
    assert len(reason) == 2000
    assert reason.endswith("the end")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError(28, "No space left on device"), id="any-programs"),
        pytest.param(DiskFull("no space is left"), id="ours"),
        pytest.param(StorageAway("no space is left"), id="the-storages"),
    ],
)
def test_a_full_disk_spends_no_trial_and_stops_the_search(error: Exception) -> None:
    outcome = outcome_of(returned(error), 1)
    assert outcome.state is WAITING
    assert outcome.stop.startswith("no space is left")


@pytest.mark.parametrize(
    ("error", "headline"),
    [
        (ValueError("\nodd\n  detail"), "ValueError: odd"),
        (KeyError(), "KeyError"),
        (DataError("no files.\nnone"), "no files."),
    ],
)
def test_the_headline_of_a_failure_is_its_first_line(error: Exception, headline: str) -> None:
    assert outcome_of(returned(error), 1).headline == headline
