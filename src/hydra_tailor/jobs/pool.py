"""Worker processes that are reused for many jobs, seen from the process that sends the jobs."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_tailor import signals
from hydra_tailor.errors import ConfigError, WorkerDied, WorkerNotStarted
from hydra_tailor.jobs import worker_process
from hydra_tailor.jobs.pickling import pickled_program
from hydra_tailor.jobs.slots import Slot

IDLE_EXIT_TIMEOUT_SECONDS = 5.0
LOOK_SECONDS = 2.0
START_ATTEMPTS = 3
"""Starts of a worker in all, if it is killed while it starts."""

Pipe = Any
"""One end of `multiprocessing.Pipe`: its class has another name on Windows."""

UNGUARDED = (
    "the program starts itself over in each of its worker processes, which import its file. Put "
    'the call of its main function under `if __name__ == "__main__":`, or use '
    "hydra/launcher=basic."
)


class Pool:
    """One worker process per slot, started with its first job and replaced when it dies.

    Args:
        slots: what each worker owns.
        hydra_context: the program's Hydra context.
        task_function: the program's own function.
        config: the whole sweep's config; jobs are composed from it.
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
        program = pickled_program((hydra_context, task_function, config, Singleton.get_state()))
        self._workers = [Worker(slot, program) for slot in self.slots]
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        # Runs at exit or when the last reference to the pool is gone, whichever comes first.
        self._close = weakref.finalize(self, _end_all, self._workers)

    def run(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Run the jobs on any free workers; return their results in the given order."""
        numbered = list(enumerate(job_overrides, start=initial_job_idx))
        threads = ThreadPoolExecutor(len(self._workers))
        try:
            if len(numbered) == 1:  # in the calling thread: the sweeper starts one for each job
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
    """A process that runs one job after another."""

    _starting = threading.Lock()  # a child inherits our environment: one start at a time

    def __init__(self, slot: Slot, program: bytes) -> None:
        self._slot = slot
        self._program = program
        self._process: BaseProcess | None = None
        self._connection: Pipe | None = None
        self._closed = False
        # Held by the thread that reads or writes the pipe: a pipe that another thread closes
        # under it fails in many ways, and its number may already be another file's.
        self._pipe_in_use = threading.Lock()

    def run(self, number: int, overrides: list[str]) -> JobReturn:
        """Run one job; if the worker dies during it, the return reports that.

        Raises:
            WorkerNotStarted: no process could take the job, or `end` was called.
        """
        try:
            with self._pipe_in_use:
                return self._run(number, overrides)
        finally:
            if self._closed:
                self._close_unused_pipe()

    def _run(self, number: int, overrides: list[str]) -> JobReturn:
        process, connection = self._running()
        try:
            connection.send((number, overrides))
            if _answers(process, connection):
                returned: JobReturn = cloudpickle.loads(connection.recv_bytes())
                return returned
        except (EOFError, OSError):
            pass
        return self._died(overrides, process)

    def _running(self) -> tuple[BaseProcess, Pipe]:
        """Return the process and the pipe to it; start a process if there is none.

        Raises:
            WorkerNotStarted: it ended by itself before it could take a job, or was killed each
                time.
        """
        if self._process is not None and not self._process.is_alive():
            self._forget()  # it died while idle, so no trial was lost
        if self._process is None:
            self._start_again_if_killed()
        assert self._process is not None
        return self._process, self._connection

    def _start_again_if_killed(self) -> None:
        for _ in range(START_ATTEMPTS):
            if (code := self._start()) is None:
                return
            if code >= 0:
                break  # it would end in the same way each time
        raise WorkerNotStarted(
            f"a worker process ended before it could take a job ({explain_exit(code)}); its "
            "output stands above. A worker imports the program's file anew: the call of its main "
            'function must stand under `if __name__ == "__main__":`, and what that function '
            "refers to must be importable."
        )

    def _start(self) -> int | None:
        """Start a process and send it the program; return its exit code if it ended.

        Raises:
            WorkerNotStarted: `end` was called.
        """
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=worker_process.main, args=(theirs, self._slot.cores), name="tailor-worker"
        )
        with self._starting:
            self._refuse_after_end()
            if sys.platform != "win32":
                resource_tracker.ensure_running()  # started later, it would unblock the signals
            with _environment_of(self._slot), signals.held_back(worker_process.OF_PARENT):
                process.start()
            self._process, self._connection = process, ours
        theirs.close()
        try:
            # Not passed as an argument of the process: `start` would block for ever if the child
            # died before it had read that many bytes.
            ours.send_bytes(self._program)
            if _answers(process, ours):
                ours.recv()
                return None
        except (EOFError, OSError):
            pass
        process.join()
        self._forget()
        self._refuse_after_end()  # `join` may have read the exit code in another thread
        return process.exitcode

    def _refuse_after_end(self) -> None:
        if self._closed:
            raise WorkerNotStarted("the sweep ended while a worker process started")

    def _died(self, overrides: list[str], process: BaseProcess) -> JobReturn:
        process.join()
        code = process.exitcode
        self._forget()
        returned = JobReturn()
        returned.overrides = overrides
        returned.status = JobStatus.FAILED
        returned.return_value = WorkerDied(
            f"the worker process ended in the middle of the trial ({explain_exit(code)}). "
            "The trial's log has its last output; another worker took its place."
        )
        return returned

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def end(self, *, kill: bool) -> None:
        """Ask the process to end after its job, or kill it; `join` waits for it.

        No new one is started.
        """
        with self._starting:
            self._closed = True
            process = self._process
        if process is not None and kill:
            process.kill()
        self._close_unused_pipe()

    def _close_unused_pipe(self) -> None:
        """Let an idle process end: it does when its pipe closes."""
        if self._pipe_in_use.acquire(blocking=False):  # else its user comes here after the job
            try:
                if self._connection is not None:
                    self._connection.close()
            finally:
                self._pipe_in_use.release()

    def join(self) -> None:
        """Wait for the process to end; kill it after a while."""
        if (process := self._process) is None:
            return
        process.join(IDLE_EXIT_TIMEOUT_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


def _answers(process: BaseProcess, connection: Pipe) -> bool:
    """Wait until the process sends something; False if it ends first.

    A process that a job forked holds the pipe and the sentinel open after the worker's end, so
    the worker itself is looked at now and then.
    """
    while not (ready := wait([connection, process.sentinel], LOOK_SECONDS)):
        if not process.is_alive():
            return False
    return connection in ready


def refuse_in_unguarded_program() -> None:
    """Refuse to sweep in a worker: its import of the main file must not start the program.

    Raises:
        ConfigError: the program calls its main function on import.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ConfigError(UNGUARDED)


def explain_exit(code: int | None) -> str:
    """Describe how a process ended, given its exit code."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = ", perhaps because memory ran out" if name == "SIGKILL" else ""
        return f"killed by {name}{hint}"
    return f"exit code {code}"


@contextmanager
def _environment_of(slot: Slot) -> Iterator[None]:
    """Set variables that a worker's libraries read while they are imported."""
    wanted = {"OMP_NUM_THREADS": str(slot.threads), "MKL_NUM_THREADS": str(slot.threads)}
    if slot.device is not None:
        wanted["CUDA_VISIBLE_DEVICES"] = str(slot.device)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
