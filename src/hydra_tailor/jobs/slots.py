"""Sharing a machine among workers: each gets cores, and a GPU if there are any."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from hydra_tailor.bounds import broken, problems_of
from hydra_tailor.errors import ConfigError
from hydra_tailor.jobs import cgroup
from hydra_tailor.jobs.settings import AUTO, KEY, LocalLauncherSettings

GIB = 2**30
Device = int | str
"""A GPU as CUDA_VISIBLE_DEVICES names it: an index, or an identifier as in GPU-5ebe9f43."""


@dataclass(frozen=True)
class Slot:
    """What one worker owns: cores of this machine, and a GPU or none.

    Attributes:
        cores: the cores that it may run on.
        device: the GPU, or None.
        threads: the number of its cores, or fewer if a container limits their time.
    """

    cores: tuple[int, ...]
    device: Device | None = None
    threads: int = 1


def usable_cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def count_cores() -> int:
    """Number of cores that can be kept busy; a container may limit the time of all cores."""
    return max(1, int(min(len(usable_cores()), cgroup.cores_allowed())))


def visible_gpus() -> list[Device]:
    """The CUDA cards this process may use, found without importing torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        listed_there = (one.strip() for one in visible.split(","))
        return [
            int(one) if one.isdigit() else one
            for one in listed_there
            if one.isdigit() or one.startswith(("GPU-", "MIG-"))
        ]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    count = sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
    return list(range(count))


def slots(settings: LocalLauncherSettings) -> list[Slot]:
    """Share this machine among workers.

    Raises:
        ConfigError: a number is out of bounds, or a GPU does not exist.
    """
    cores, n_cores = usable_cores(), count_cores()
    gpus = visible_gpus()
    devices = None if settings.devices is None else list(settings.devices)
    problems = problems_of(settings, KEY)
    if devices is not None and not (devices and _each_once(devices, gpus)):
        words = f"a list of GPUs of this machine ({gpus or 'it has none'}), each once, or null"
        problems.append(broken(f"{KEY}.devices", words, devices))
    if problems:
        raise ConfigError("; ".join(problems) + ".")
    shared = (gpus if devices is None else devices) * settings.trials_per_device
    if settings.workers == AUTO:
        free = min(psutil.virtual_memory().available, cgroup.memory_left())
        fitting = int(free / (settings.memory_per_worker * GIB))
        count = len(shared) or max(1, min(n_cores, fitting))
    else:
        count = n_cores if settings.workers == -1 else settings.workers
    return [
        Slot(
            cores=tuple(cores[index::count]) or (cores[index % len(cores)],),
            device=shared[index % len(shared)] if shared else None,
            threads=len(range(index, n_cores, count)) or 1,
        )
        for index in range(count)
    ]


def _each_once(devices: Sequence[Device], gpus: Sequence[Device]) -> bool:
    return len(set(devices)) == len(devices) and set(devices) <= set(gpus)
