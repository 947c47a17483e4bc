"""What is a lost node, and what only looks like one."""

import re

import pytest
from hydra.core.utils import JobReturn, JobStatus
from optuna.trial import TrialState

from hydra_tailor.jobs.lost_node import lost_node
from hydra_tailor.study.outcome import outcome_of

exceptions = pytest.importorskip("ray.exceptions")
submitit = pytest.importorskip("submitit.core.utils")

DIED = exceptions.NodeDiedError("Task failed because the node is dead. Node IP: 10.0.0.7")
SLURM = "Job 7_3 (task: 0) with path /x\nhas not produced any output (state: {})"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DIED, r"its node was lost \(Task failed because the node is dead\)"),
        (exceptions.ObjectLostError("ab" * 28, None, "me"), "its node was lost"),
        (submitit.UncompletedJobError(SLURM.format("NODE_FAIL")), "SLURM: NODE_FAIL"),
    ],
)
def test_a_lost_node_brings_its_trial_back(error: Exception, words: str) -> None:
    lost = lost_node(error)
    returned = JobReturn(_return_value=lost, status=JobStatus.FAILED)
    outcome = outcome_of(returned, 1)
    assert outcome.state is TrialState.WAITING
    assert re.search(words, outcome.lost)


@pytest.mark.parametrize(
    "error",
    [
        exceptions.WorkerCrashedError(),
        exceptions.OutOfMemoryError("too much"),
        submitit.UncompletedJobError(SLURM.format("OUT_OF_MEMORY")),
        RuntimeError("NODE_FAIL"),
    ],
)
def test_anything_else_is_the_trials_own_failure(error: Exception) -> None:
    assert lost_node(error) is None
