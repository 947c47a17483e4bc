"""The keys of `hydra/launcher=local`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hydra_tailor.bounds import bounded, is_whole, ruled

KEY = "hydra.launcher"
AUTO = "auto"
COUNT = "1 or more, -1 (one per core), or auto"


def is_count(value: Any) -> bool:
    """Whether a value counts jobs: a number, -1 for one per core, or `auto`."""
    return value == AUTO or (is_whole(value) and (value == -1 or value >= 1))


@dataclass
class LocalLauncherSettings:
    _target_: str = "hydra_tailor.plugins.launcher.LocalLauncher"
    workers: Any = ruled(COUNT, is_count, default=AUTO)
    """Worker processes: a number, -1 for one per core, or `auto`: `trials_per_device` per GPU,
    else one per core as far as memory allows. A container's limits on both are respected."""
    memory_per_worker: float = bounded(1.5, above=0)
    """GiB that `auto` reserves for each worker."""
    devices: list[Any] | None = None
    """GPUs to use, given to the workers in turn: indices or the names that CUDA_VISIBLE_DEVICES
    takes; null uses all visible ones."""
    trials_per_device: int = bounded(1, at_least=1)
    """Workers that share a GPU."""
