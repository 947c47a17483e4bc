"""Overrides that make a command continue the same study, or begin another one."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from sqlalchemy.engine import make_url

from hydra_tailor.files import from_here
from hydra_tailor.space.grammar import encode_bare
from hydra_tailor.storage.opening import database_file

NOW = "now"
"""Hydra's resolver of the time."""
DIRECTORY_KEY = "hydra.sweep.dir"
STORAGE_KEY = "hydra.sweeper.storage"
NEW_NAME = "NEW_NAME"
NEW_DIRECTORY = "NEW_DIRECTORY"


class _AnotherTime(dict[Any, str]):
    """A cache of that resolver which has the same value for every format."""

    def __missing__(self, key: Any) -> str:
        return "another-time"


def additions(
    config: DictConfig, keys: Sequence[str], known: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Return overrides for the keys that would have other values at another time.

    Hydra's default `hydra.sweep.dir` contains the time. So does the path of the database, if the
    sweep has no storage of its own.

    Args:
        config: the sweep's config, as composed.
        keys: the keys that locate the study; a key may depend on those before it.
        known: values that were read earlier, and perhaps at another second.
    """
    later = _at_another_time(config)
    words = []
    for key in keys:
        value = (known or {}).get(key, OmegaConf.select(config, key))
        if OmegaConf.select(later, key) != value:
            OmegaConf.update(later, key, value, force_add=True)
            words.append(typed(key, _shown(value)))
    return tuple(words)


def for_another_study(config: DictConfig, study_key: str) -> tuple[str, ...]:
    """Return overrides that give the same command a study and run directories of its own.

    Args:
        config: the sweep's config, as composed.
        study_key: the key that a user types to name the study.
    """
    return _renamed(config, study_key)[1]


def in_same_storage(config: DictConfig, study_key: str, storage: str) -> tuple[str, ...]:
    """Return the override that keeps another study in this one's storage, if one is needed.

    A sweep without a storage of its own has its database in its directory.

    Args:
        config: the sweep's config, as composed.
        study_key: the key that a user types to name the study.
        storage: URL of the storage, without a password.
    """
    renamed, _ = _renamed(config, study_key)
    given = OmegaConf.select(config, STORAGE_KEY)
    if given is not None and OmegaConf.select(renamed, STORAGE_KEY) == given:
        return ()
    return (typed(STORAGE_KEY, _from_here(storage)),)


def _from_here(storage: str) -> str:
    """A storage's URL; a database file below the working directory is named from there."""
    file = database_file(storage)
    if file is None or (shorter := from_here(file)) == file:
        return storage
    return make_url(storage).set(database=str(shorter)).render_as_string(hide_password=False)


def typed(key: str, value: Any) -> str:
    """An override as a word of a command."""
    return shlex.quote(f"{key}={encode_bare(value)}")


def _renamed(config: DictConfig, study_key: str) -> tuple[DictConfig, tuple[str, ...]]:
    """The config of another study, and the overrides that make it one."""
    other = _at_another_time(config)
    changes = {study_key: NEW_NAME}
    OmegaConf.update(other, study_key, NEW_NAME, force_add=True)
    if OmegaConf.select(other, DIRECTORY_KEY) == OmegaConf.select(config, DIRECTORY_KEY):
        changes[DIRECTORY_KEY] = NEW_DIRECTORY
        OmegaConf.update(other, DIRECTORY_KEY, NEW_DIRECTORY)
    return other, tuple(f"{key}={value}" for key, value in changes.items())


def _at_another_time(config: DictConfig) -> DictConfig:
    later = copy.deepcopy(config)
    OmegaConf.set_readonly(later.hydra, False)
    OmegaConf.get_cache(later)[NOW] = _AnotherTime()
    return later


def _shown(value: Any) -> Any:
    """A value as a user types it: a path below the working directory is relative."""
    path = Path(str(value))
    shown = from_here(path)
    return value if shown == path else str(shown)
