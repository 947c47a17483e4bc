"""A worker process while it starts, between two jobs, and at its end."""

import os
import signal
import threading
import time
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

from hydra_tailor.errors import WorkerDied, WorkerNotStarted
from hydra_tailor.jobs.pool import START_ATTEMPTS, Worker
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


def kill_at_start(worker: Worker, times: int, number: int = signal.SIGKILL) -> list[int]:
    """Send a signal to the worker's next processes as soon as they exist; report them."""
    killed: list[int] = []

    def watch() -> None:
        deadline = time.monotonic() + 60
        while len(killed) < times and time.monotonic() < deadline:
            process = worker._process
            if process is not None and process.pid and process.pid not in killed:
                os.kill(process.pid, number)
                killed.append(process.pid)

    threading.Thread(target=watch, daemon=True).start()
    return killed


def test_one_that_is_killed_while_it_starts_is_started_again(worker: Worker) -> None:
    killed = kill_at_start(worker, START_ATTEMPTS - 1)
    returned = worker.run(0, [])
    assert returned.status is JobStatus.COMPLETED, returned._return_value
    assert len(killed) == START_ATTEMPTS - 1
    assert returned.return_value not in killed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_it_starts_is_left_to_the_parent(
    worker: Worker, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    signalled = kill_at_start(worker, 1, number)
    returned = worker.run(0, [])
    assert returned.status is JobStatus.COMPLETED, returned._return_value
    assert signalled == [returned.return_value]
    assert capfd.readouterr().err == ""


def test_one_that_is_killed_each_time_says_so(worker: Worker) -> None:
    killed = kill_at_start(worker, START_ATTEMPTS)
    with pytest.raises(WorkerNotStarted, match="killed by SIGKILL"):
        worker.run(0, [])
    assert len(killed) == START_ATTEMPTS


def test_a_program_that_cannot_be_imported_is_tried_once(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int | None] = []
    start = worker._start

    def noted() -> int | None:
        starts.append(start())
        return starts[-1]

    monkeypatch.setattr(worker, "_start", noted)
    worker._program = b"no pickle"
    with pytest.raises(WorkerNotStarted, match="exit code 1"):
        worker.run(0, [])
    assert starts == [1]


def leave_a_child_and_die(config: DictConfig) -> None:
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_one_that_dies_is_noticed_while_a_child_of_its_job_lives(worker: Worker) -> None:
    context, _, config, singletons = cloudpickle.loads(worker._program)
    worker._program = cloudpickle.dumps((context, leave_a_child_and_die, config, singletons))
    began = time.monotonic()
    returned = worker.run(0, [])
    assert isinstance(returned._return_value, WorkerDied)
    assert time.monotonic() - began < 25


@pytest.mark.parametrize("kill", [True, False])
@pytest.mark.parametrize("seconds", [0.0, 0.002, 0.004, 0.006, 0.008, 0.05, 0.3])
def test_nothing_is_left_of_one_that_is_closed_while_it_starts(
    worker: Worker, seconds: float, kill: bool
) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            worker.run(0, [])
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(seconds)
    worker.end(kill=kill)
    worker.join()
    thread.join(30)
    assert not thread.is_alive()
    assert worker._process is None or not worker._process.is_alive()
    assert all(isinstance(error, WorkerNotStarted) for error in errors)
