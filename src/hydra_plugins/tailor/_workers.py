"""Worker processes that live on from job to job, seen from the process that feeds them."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from typing import Any

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from tailor.errors import ConfigError, TailorError

from . import _worker
from ._slots import Slot

CLOSING = 5.0  # seconds that an idle worker has to end


UNGUARDED = (
    "the program starts itself over in each of its worker processes, which import its file. Put "
    'the call of its main function under `if __name__ == "__main__":`, or use '
    "hydra/launcher=basic."
)


class WorkerDied(TailorError):
    """A worker process ended in the middle of a job."""


class WorkerNotStarted(TailorError):
    """A worker process ended before it could take a job: no trial is to blame."""


class Pool:
    """One worker process a slot; each is started by its first job and replaced when it dies.

    Args:
        slots: what each worker owns.
        hydra_context: of the program whose jobs run.
        task_function: the program's own function.
        config: of the whole sweep; jobs are composed from it.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        *,
        hydra_context: HydraContext,
        task_function: TaskFunction,
        config: DictConfig,
    ) -> None:
        self.slots = list(slots)
        self._program = cloudpickle.dumps(
            (hydra_context, task_function, config, Singleton.get_state())
        )
        self._workers = [Worker(slot, self._program) for slot in self.slots]
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        # At exit, or when nobody has the pool any more, whichever is first.
        self._close = weakref.finalize(self, _end_all, self._workers)

    def run(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Run the jobs on whichever workers are free; return in the order given."""
        numbered = list(enumerate(job_overrides, start=initial_job_idx))
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            if len(numbered) == 1:  # in this thread: it is the sweeper's, one for each job
                return [self._run(*numbered[0])]
            return list(threads.map(lambda job: self._run(*job), numbered))
        except KeyboardInterrupt:
            self.close(kill=True)
            raise
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, number: int, overrides: Sequence[str]) -> JobReturn:
        worker = self._idle.get()
        try:
            return worker.run(number, list(overrides))
        finally:
            self._idle.put(worker)

    def close(self, *, kill: bool = False) -> None:
        """End all workers after their job, or at once with `kill`."""
        self._close.detach()
        _end_all(self._workers, kill=kill)


def _end_all(workers: Sequence[Worker], *, kill: bool = False) -> None:
    for worker in workers:
        worker.end(kill=kill)
    for worker in workers:
        worker.join()


class Worker:
    """A process that runs one job after the other."""

    _starting = threading.Lock()  # a child takes its environment from ours: one at a time

    def __init__(self, slot: Slot, program: bytes) -> None:
        self._slot = slot
        self._program = program
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    def run(self, number: int, overrides: list[str]) -> JobReturn:
        """Run one job; a worker that dies over it gives a failed return."""
        try:
            process, connection = self._started()
            connection.send((number, overrides))
            if connection in wait([connection, process.sentinel]):
                returned: JobReturn = cloudpickle.loads(connection.recv_bytes())
                return returned
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass
        return self._died(overrides)

    def _started(self) -> tuple[multiprocessing.process.BaseProcess, Connection[Any, Any]]:
        if self._process is not None and not self._process.is_alive():
            self._forget()  # it died idle: the next trial never began there
        if self._process is None or self._connection is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(
                target=_worker.main,
                args=(theirs, self._slot.cores),
                name="tailor-worker",
            )
            with self._starting, _environment(self._slot):
                self._process.start()
            theirs.close()
            self._make_ready(self._process, self._connection)
        return self._process, self._connection

    def _make_ready(
        self, process: multiprocessing.process.BaseProcess, connection: Connection[Any, Any]
    ) -> None:
        try:
            # Not as an argument of the process: `start` would wait for ever for a child that dies
            # before it has read so much.
            connection.send_bytes(self._program)
            if connection in wait([connection, process.sentinel]):
                connection.recv()
                return
        except (EOFError, BrokenPipeError, ConnectionResetError):
            pass
        process.join()
        self._forget()
        raise WorkerNotStarted(
            "a worker process ended before it could take a job "
            f"({explain_exit(process.exitcode)}); what it said stands above. A worker imports the "
            "program's file anew, and what the program's main function refers to must be "
            "importable there."
        )

    def _died(self, overrides: list[str]) -> JobReturn:
        assert self._process is not None
        self._process.join()
        code = self._process.exitcode
        self._forget()
        returned = JobReturn()
        returned.overrides = overrides
        returned.status = JobStatus.FAILED
        returned.return_value = WorkerDied(
            f"the worker process ended in the middle of the trial ({explain_exit(code)}). "
            "The trial's log has its last words; another worker took its place."
        )
        return returned

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def end(self, *, kill: bool) -> None:
        """Ask an idle process to end, or kill it; `join` waits for it."""
        if self._process is not None and kill:
            self._process.kill()
        if self._connection is not None:
            self._connection.close()  # an idle worker ends when nobody is left to send it jobs

    def join(self) -> None:
        if self._process is None:
            return
        self._process.join(CLOSING)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process = self._connection = None


def refuse_in_unguarded_program() -> None:
    """A worker imports the program's main file, which must not start the program over."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ConfigError(UNGUARDED)


def explain_exit(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"killed by {name}{hint}"
    return f"exit code {code}"


class _environment:  # noqa: N801  (reads as what it does: `with _environment(slot)`)
    """Environment variables that must be set before a worker's libraries are imported."""

    def __init__(self, slot: Slot) -> None:
        threads = str(slot.threads)
        self._wanted = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        if slot.device is not None:
            self._wanted["CUDA_VISIBLE_DEVICES"] = str(slot.device)

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in self._wanted}
        os.environ.update(self._wanted)

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
