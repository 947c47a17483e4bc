"""The hardware and software of a run: device, threads, versions."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from hydra_tailor.commit import git_commit
from hydra_tailor.jobs.slots import count_cores
from tailor import __version__
from tailor.errors import ConfigError, TrainingError


def pick_device(name: str, *, key: str = "training.device") -> torch.device:
    """Return the device with a given name.

    Args:
        name: `auto`, or a device as torch writes it.
        key: the setting that holds the name.

    Raises:
        ConfigError: this machine has no such device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, usable in available.items() if usable))
    device = torch.device(name)
    if not available[device.type] or (
        device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    ):
        devices = [kind for kind, usable in available.items() if usable]
        raise ConfigError(
            f"`{key}` must name a device of this machine ({', '.join(devices)}; "
            f"{torch.cuda.device_count()} CUDA GPUs), got {name!r}."
        )
    return device


def usable_cores() -> int:
    """Number of cores that this process may use; each worker of a sweep has its share.

    A container may limit it. A launcher that does not pin processes to cores (Ray) sets the share
    by OMP_NUM_THREADS.
    """
    cores = count_cores()
    share = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(share)) if share.isdigit() and int(share) > 0 else cores


def prepare(device: torch.device, threads: int | None) -> int:
    """Set up this process for training; return the number of CPU threads it will use."""
    count = threads or usable_cores()
    torch.set_num_threads(count)
    # Denormal numbers are hundreds of times slower than zero and of no use to a network.
    torch.set_flush_denormal(True)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32, which convolutions use by default
    else:
        _keep_freed_memory()
    return count


@functools.cache
def _keep_freed_memory() -> None:
    """Let glibc keep the memory of a step's activations for the next step.

    By default glibc returns blocks of megabytes to the kernel, which hands them out again page by
    page. This takes a fifth to a third of a small network's step. Without glibc, this function
    does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    m_trim_threshold, m_mmap_threshold = -1, -3  # malloc.h
    mallopt(m_mmap_threshold, 32 * 2**20)  # the largest that glibc accepts
    mallopt(m_trim_threshold, 2**31 - 1)


@contextmanager
def short_of_memory(batch_size: int) -> Iterator[None]:
    """Turn an out-of-memory error into one with advice.

    Raises:
        TrainingError: there was not enough memory for the block.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and not re.search(
            r"out of memory|can't allocate memory|not enough memory", str(error)
        ):
            raise
        smaller = f"training.batch_size={batch_size // 2}, or " if batch_size > 1 else ""
        raise TrainingError(
            f"out of memory with training.batch_size={batch_size}. Try {smaller}a smaller network."
        ) from error


def describe(device: torch.device) -> dict[str, str | int | None]:
    """Versions, commit and hardware, for `result.json`."""
    hardware = torch.cuda.get_device_name(device) if device.type == "cuda" else _cpu_name()
    return {
        "host": socket.gethostname(),
        "device": str(device),
        "hardware": hardware,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "tailor": __version__,
        "commit": git_commit(),
    }


@functools.cache
def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
