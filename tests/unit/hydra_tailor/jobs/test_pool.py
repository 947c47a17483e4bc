"""A worker process between two jobs."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import pytest
from hydra._internal.callbacks import Callbacks
from hydra.core.config_loader import ConfigLoader
from hydra.core.singleton import Singleton
from hydra.core.utils import JobStatus
from hydra.types import HydraContext
from omegaconf import DictConfig

from hydra_tailor.jobs.pool import Worker
from hydra_tailor.jobs.slots import Slot, usable_cores


def process_of(config: DictConfig) -> int:
    return os.getpid()


@pytest.fixture
def worker(
    loader: ConfigLoader, master: DictConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Worker]:
    monkeypatch.chdir(tmp_path)  # where the worker's jobs have their directories
    context = HydraContext(config_loader=loader, callbacks=Callbacks())
    program = cloudpickle.dumps((context, process_of, master, Singleton.get_state()))
    worker = Worker(Slot(tuple(usable_cores()[:1])), program)
    yield worker
    worker.end(kill=True)
    worker.join()


def test_one_that_died_idle_is_replaced_and_fails_no_trial(worker: Worker) -> None:
    pids = []
    for number in range(3):
        returned = worker.run(number, [])
        assert returned.status is JobStatus.COMPLETED, returned._return_value
        pids.append(returned.return_value)
        if number == 1:
            os.kill(pids[-1], signal.SIGKILL)
            assert worker._process is not None
            worker._process.join()
    assert pids[0] == pids[1] != pids[2]
