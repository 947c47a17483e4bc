"""Freezing values that would resolve differently inside a job, or on another host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from sqlalchemy.engine import URL

from hydra_tailor.disk import refuse_unencodable
from hydra_tailor.internals.hydra import hydra_overrides
from hydra_tailor.jobs import remote
from hydra_tailor.space.grammar import encode
from hydra_tailor.storage.opening import absolute
from hydra_tailor.storage.passwords import move_to_environment, secrets_of
from hydra_tailor.storage.typed_passwords import refuse_typed_passwords
from hydra_tailor.study.continuing import STUDY_NAME_KEY
from hydra_tailor.study.owner import this_process
from hydra_tailor.sweep.same_command import (
    DIRECTORY_KEY,
    STORAGE_KEY,
    additions,
    for_another_study,
    in_same_storage,
)
from hydra_tailor.sweep.settings import SweeperSettings

MODE_KEY = "hydra.mode="


@dataclass(frozen=True)
class Frozen:
    """What is the same for every job of a sweep.

    Attributes:
        directory: the sweep's directory, absolute.
        study_name: the study's name.
        storage: URL or config of the storage, with absolute paths and without a password.
        again: overrides that make the same command continue the study.
        anew: overrides that make it begin another study.
        beside: the override that keeps the other study in the same storage; empty if not needed.
        typed: the overrides of Hydra's own keys that the search was started with.
    """

    directory: Path
    study_name: str
    storage: Any
    again: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()


def freeze(config: DictConfig, settings: SweeperSettings) -> Frozen:
    """Write the frozen values into a sweep's config, and passwords into the environment.

    The config is written to files and sent to other hosts, so no password may stay in it.

    Args:
        config: the sweep's config; changed in place.
        settings: the sweeper's settings.

    Raises:
        ConfigError: the path of the sweep's directory is not text, or a password was typed.
    """
    directory = Path(str(config.hydra.sweep.dir)).absolute()
    refuse_unencodable(directory)
    given = _storage_for_jobs(settings.storage, directory)
    secrets = secrets_of(given)
    if secrets:
        refuse_typed_passwords()
    storage, study_key = move_to_environment(given), _study_key(config)
    study_name = settings.study_name or str(config.hydra.job.name)
    frozen = Frozen(
        directory=directory,
        study_name=study_name,
        storage=storage,
        again=additions(
            config,
            _keys_of_place(study_key, has_secrets=bool(secrets)),
            {STUDY_NAME_KEY: study_name} if settings.study_name else {},
        ),
        anew=for_another_study(config, study_key),
        beside=in_same_storage(config, study_key, storage) if isinstance(storage, str) else (),
        typed=_typed(config),
    )
    _freeze_into_config(config, _frozen_keys(settings, frozen, given))
    if secrets and HydraConfig.initialized():  # launchers send this copy of the config as well
        HydraConfig.instance().set_config(config)
    return frozen


def _typed(config: DictConfig) -> tuple[str, ...]:
    """The overrides of Hydra's own keys, except the mode, which Hydra adds itself."""
    return tuple(key for key in hydra_overrides(config) if not key.startswith(MODE_KEY))


def _study_key(config: DictConfig) -> str:
    """The program's own key for the study's name, or else Hydra's.

    A key that contains the time is a setting with another value in each start.
    """
    written = OmegaConf.to_container(config.hydra.sweeper, resolve=False)
    assert isinstance(written, dict)
    own = re.fullmatch(r"\$\{([\w.]+)\}", str(written.get("study_name")))
    return own[1] if own and not additions(config, [own[1]]) else STUDY_NAME_KEY


def _keys_of_place(study_key: str, *, has_secrets: bool) -> list[str]:
    """The keys that locate a study; a storage with a password is left out."""
    keys = [DIRECTORY_KEY, study_key]
    return keys if has_secrets else [*keys, STORAGE_KEY]


def _storage_for_jobs(storage: Any, directory: Path) -> Any:
    """The storage in a form that works in jobs with any working directory."""
    if storage is None:
        return URL.create("sqlite", database=str(directory / "study.db")).render_as_string()
    return absolute(storage)


def _frozen_keys(settings: SweeperSettings, frozen: Frozen, given: Any) -> dict[str, Any]:
    keys = {
        DIRECTORY_KEY: str(frozen.directory),
        STUDY_NAME_KEY: frozen.study_name,
        "hydra.sweeper.owner": this_process(),  # this process may end while a job waits in a queue
    }
    if isinstance(given, str) or frozen.storage != settings.storage:
        keys[STORAGE_KEY] = frozen.storage
    if settings.results_url is not None:
        keys[remote.KEY] = remote.check(settings.results_url)
    return keys


def _freeze_into_config(config: DictConfig, keys: dict[str, Any]) -> None:
    hydra = config.hydra
    with read_write(hydra), open_dict(hydra):
        hydra.overrides.hydra = [
            override
            for override in hydra_overrides(config)
            if STORAGE_KEY not in keys or not override.lstrip("+").startswith(STORAGE_KEY)
        ]
        for key, value in keys.items():
            OmegaConf.update(config, key, value, merge=False)
            hydra.overrides.hydra.append(f"{key}={encode(value)}")
