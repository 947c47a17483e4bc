"""What a run runs on: device, threads, versions."""

from __future__ import annotations

import functools
import os
import platform
import socket
import subprocess
from pathlib import Path

import torch

from tailor import __version__
from tailor.errors import ConfigError


def pick_device(name: str) -> torch.device:
    """Return the device that `training.device` names.

    Raises:
        ConfigError: this machine has no such device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    device = torch.device(name)
    if not available[device.type] or (
        device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    ):
        usable = [kind for kind, there in available.items() if there]
        raise ConfigError(
            f"`training.device` must name a device of this machine ({', '.join(usable)}; "
            f"{torch.cuda.device_count()} CUDA cards), got {name!r}."
        )
    return device


def usable_cores() -> int:
    """Cores that this process may run on; a worker of a sweep owns a share of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare(threads: int | None) -> int:
    """Set up this process for training on a CPU; return the number of threads it will use."""
    count = threads or usable_cores()
    torch.set_num_threads(count)
    # Denormal numbers are hundreds of times slower than zero and worth nothing to a network.
    torch.set_flush_denormal(True)
    return count


@functools.cache
def git_commit() -> str | None:
    """The commit of the code in the working directory, `-dirty` behind it where it was changed."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
            cwd=Path.cwd(),
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def describe(device: torch.device) -> dict[str, str | int | None]:
    """Versions, commit and hardware, as `result.json` keeps them."""
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
