"""What a command must say in addition, so that the next time it continues the same study."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from hydra_tailor.space.grammar import encode_bare

NOW = "now"
"""Hydra's resolver of the time."""


class _AnotherTime(dict[Any, str]):
    """A cache of the time in which every format has a value already."""

    def __missing__(self, key: Any) -> str:
        return "another-time"


def additions(config: DictConfig, keys: Sequence[str]) -> tuple[str, ...]:
    """Return overrides for the keys that would have other values at another time.

    Hydra's default `hydra.sweep.dir` contains the time, and with it the database of a sweep
    without a storage of its own.

    Args:
        config: of the sweep, as composed.
        keys: those that say where the study is; one may follow from those before it.
    """
    later = copy.deepcopy(config)
    OmegaConf.set_readonly(later.hydra, False)
    OmegaConf.get_cache(later)[NOW] = _AnotherTime()
    words = []
    for key in keys:
        value = OmegaConf.select(config, key)
        if OmegaConf.select(later, key) != value:
            OmegaConf.update(later, key, value, force_add=True)
            words.append(shlex.quote(f"{key}={encode_bare(_shown(value))}"))
    return tuple(words)


def _shown(value: Any) -> Any:
    """A value as a person types it: a path below the working directory is relative."""
    path = Path(str(value))
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else value
