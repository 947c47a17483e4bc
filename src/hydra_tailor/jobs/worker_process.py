"""A worker process: takes jobs from its pipe until the other end closes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_tailor import signals
from hydra_tailor.imports import without_collections
from hydra_tailor.jobs.pickling import shortened
from hydra_tailor.names import OUTPUT_FILE

STDOUT, STDERR = 1, 2
OF_PARENT = (signal.SIGINT, signal.SIGTERM)
"""Signals that only the sweep's process handles; a worker starts with them blocked."""


def main(connection: Connection[Any, Any], cores: tuple[int, ...]) -> None:
    """Run jobs until the pipe closes.

    Args:
        connection: receives the pickled context, task function, config and singletons of the
            sweep; sends `ready`; then receives `(number, overrides)` and sends a pickled
            `JobReturn` for each.
        cores: this process's share of the machine.
    """
    # A job starts processes with the platform's default method, not by `spawn` as we did.
    multiprocessing.set_start_method(None, force=True)
    _leave_signals_to_parent()
    _end_with_parent()
    if sys.platform != "win32" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    program = connection.recv_bytes()
    with without_collections():  # it imports the file of the user's program
        context, task_function, config, singletons = cloudpickle.loads(program)
    setup_globals()
    Singleton.set_state(singletons)
    connection.send("ready")
    while True:
        try:
            number, overrides = connection.recv()
        except EOFError:
            return
        returned = _run(number, overrides, context, task_function, config)
        connection.send_bytes(shortened(returned))


def _leave_signals_to_parent() -> None:
    """Survive a signal to the whole process group (Ctrl-C, a batch system's SIGTERM).

    The sweep's process stops the jobs in an orderly way.
    """
    signals.handle(OF_PARENT, lambda *_: None)
    signals.let_through(OF_PARENT)


def _end_with_parent() -> None:
    """End this process, whatever it is doing, when the sweep's process is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()


def _run(
    number: int,
    overrides: list[str],
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
) -> JobReturn:
    try:
        job = context.config_loader.load_sweep_config(config, overrides)
        with open_dict(job):
            job.hydra.job.id = str(number)
            job.hydra.job.num = number
        _write_output_to(_run_directory(job))
        return run_job(
            hydra_context=context,
            task_function=task_function,
            config=job,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
    except BaseException as error:  # also SystemExit: it ends the job, not the worker
        if not isinstance(error, Exception):
            vars(error).clear()  # Hydra attached a JobReturn that holds the error: a cycle
        returned = JobReturn()
        returned.overrides = overrides
        returned.status = JobStatus.FAILED
        returned.return_value = error
        return returned
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # a job may have replaced them with anything
                stream.flush()


def _run_directory(job: DictConfig) -> Path:
    pattern = OmegaConf.to_container(job.hydra.sweep, resolve=False)
    assert isinstance(pattern, dict)
    if pattern["subdir"] != "${hydra.job.num}" or "$" in str(pattern["dir"]):
        # A user's pattern may refer to `${hydra:...}`, which needs the job's config set. Setting
        # it copies the config, so it is skipped where nothing refers to it.
        HydraConfig.instance().set_config(job)
    return Path(str(job.hydra.sweep.dir)) / str(job.hydra.sweep.subdir)


def _write_output_to(directory: Path) -> None:
    """Send all output of this process, including that of compiled code, to the job's file."""
    directory.mkdir(parents=True, exist_ok=True)
    output = os.open(directory / OUTPUT_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for descriptor in (STDOUT, STDERR):
        os.dup2(output, descriptor)
    os.close(output)
    # New streams: the previous job may have replaced or closed the old ones.
    sys.stdout, sys.stderr = (
        open(descriptor, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: PTH123, SIM115
        for descriptor in (STDOUT, STDERR)
    )
