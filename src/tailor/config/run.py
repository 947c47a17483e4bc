"""Every key that determines a run's results, and the root of `conf/train.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from hydra.conf import HydraConf, JobConf, RunDir, SweepDir
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.bounds import (
    ClosedSettings,
    bounded,
    broken,
    config_errors,
    problems_of,
    refuse_unknown_keys,
    ruled,
)
from hydra_tailor.instantiate import TARGET_RULE, is_target
from hydra_tailor.jobs.settings import LocalLauncherSettings
from hydra_tailor.storage.passwords import holds_secret
from hydra_tailor.storage.typed_passwords import KEY as STORAGE_KEY
from hydra_tailor.storage.typed_passwords import WHERE_IT_IS_SAFE
from hydra_tailor.sweep.settings import SweeperSettings
from tailor.config.data import DataConfig
from tailor.config.optimizer import depends_on_length
from tailor.config.recorders import check_recorder_packages
from tailor.config.training import TrainingConfig
from tailor.errors import ConfigError
from tailor.names import DIRECTIONS, HYDRA_DIR

MAX_STUDY_BYTES = 150
"""File systems allow 255 bytes for a name, and some file names extend that of the study."""
STUDY_RULE = f"a name of at most {MAX_STUDY_BYTES} bytes that is a folder within multirun/"


def objectives_of(objective: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the objectives, for one name or a list of names."""
    return (objective,) if isinstance(objective, str) else tuple(objective)


def _are_objectives(value: Any) -> bool:
    return (
        isinstance(value, (str, list, tuple))
        and bool(value)
        and all(isinstance(name, str) and name in DIRECTIONS for name in objectives_of(value))
    )


def _are_steps(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        step is None or is_target(step) for step in value.values()
    )


def _is_folder_within(name: Any) -> bool:
    parts = str(name).replace("\\", "/").split("/")
    return all(part.strip(" .") for part in parts) and len(str(name).encode()) <= MAX_STUDY_BYTES


@dataclass
class RunConfig(ClosedSettings):
    """Everything that determines a run's results: equal RunConfigs give equal runs.

    `model`, `optimizer`, `scheduler` and the steps of `augment` are mappings with a `_target_`, so
    that a user's own class can replace ours.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: Any = ruled(TARGET_RULE, is_target)
    optimizer: Any = ruled(TARGET_RULE, is_target)
    scheduler: Any = ruled(TARGET_RULE, is_target)
    augment: Any = ruled("a mapping of {name: {_target_: ...}}", _are_steps)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    objective: Any = ruled(f"one of {', '.join(DIRECTIONS)}, or a list of these", _are_objectives)
    """Metric that ranks runs, or a list of them for a Pareto search."""
    seed: int = bounded(at_least=0, below=2**32)

    def __post_init__(self) -> None:
        problems = problems_of(self)
        for part in fields(self):
            value = getattr(self, part.name)
            if is_dataclass(value):
                problems += problems_of(value, part.name)
        if problems:
            raise ConfigError("; ".join(problems) + ".")

    @property
    def augmentation(self) -> dict[str, Any]:
        """The steps of `augment` that are switched on, by name."""
        return {name: step for name, step in self.augment.items() if step is not None}

    @property
    def objectives(self) -> tuple[str, ...]:
        return objectives_of(self.objective)


@dataclass
class TrainConfig(RunConfig):
    """The root of `conf/train.yaml`: a run, and the study it belongs to."""

    study: str = ruled(STUDY_RULE, _is_folder_within)
    recorders: Any = field(default_factory=dict)
    """Recorders in addition to `metrics.csv`: by name, the `_target_` of each."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_recorder_packages(self.recorders)


def study_name(data: str, choices: Mapping[str, Any]) -> str:
    """Return the default name of a study, which differs for each choice of config groups.

    Args:
        data: the name of the data.
        choices: the chosen option of each config group.
    """
    searched, experiment = choices.get("search"), choices.get("experiment")
    further = [searched if searched != "default" else None, experiment]
    return "-".join([data, choices["model"], *(name for name in further if name)])


def direction_of(objective: str | Sequence[str]) -> str | list[str]:
    """Return the direction of one objective, or the list of directions of several."""
    # Called while the config is composed: an invalid objective is refused later, with the rule.
    directions = [DIRECTIONS.get(str(name), "minimize") for name in objectives_of(objective)]
    return directions[0] if isinstance(objective, str) else directions


def run_config(config: DictConfig) -> RunConfig:
    """Check a composed config and return the part that determines a run.

    Args:
        config: composed from `conf/train.yaml`, or read from a run directory's
            `.hydra/config.yaml`.

    Returns:
        The run's config, with plain containers and no interpolations.

    Raises:
        ConfigError: a key is unknown, or values are out of bounds; the message lists all problems.
    """
    refuse_unknown_keys(TrainConfig, (str(key) for key in config if key != "hydra"))
    names = [part.name for part in fields(RunConfig)]
    run = OmegaConf.masked_copy(config, names)
    run._set_parent(config._get_parent())
    with config_errors():
        checked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(RunConfig), run))
        plain = OmegaConf.to_container(run, resolve=True)
    assert isinstance(checked, RunConfig)
    assert isinstance(plain, dict)
    for name in ("model", "optimizer", "scheduler", "augment"):
        setattr(checked, name, plain[name])
    checked.data.source = plain["data"]["source"]
    return checked


def check_study(name: Any) -> None:
    """Check the study's name, even in a run without a study, because it names a folder.

    Raises:
        ConfigError: the name leaves its parent folder, or is too long.
    """
    if not _is_folder_within(name):
        raise ConfigError(f"{broken('study', STUDY_RULE, name)}.")


HYDRA_NODES: dict[str, type] = {"": HydraConf, "run": RunDir, "sweep": SweepDir, "job": JobConf}
"""Hydra's own settings by node, into which Hydra lets a misspelt key be appended."""


def _refuse_written_password(hydra: Any) -> None:
    """Refuse a password that Hydra has written into a run's files; a search does not write it."""
    sweeper = OmegaConf.to_container(hydra.sweeper, resolve=False)
    storage = sweeper.get("storage") if isinstance(sweeper, dict) else None
    if holds_secret(storage, STORAGE_KEY):
        raise ConfigError(
            f"`{STORAGE_KEY}` must stand in a config file without its password: Hydra has written "
            f"it into {Path(str(hydra.runtime.output_dir)) / HYDRA_DIR}, which you may remove. "
            f"{WHERE_IT_IS_SAFE}."
        )


def check_hydra_config(hydra: Any, run: RunConfig) -> None:
    """Check the sweeper's and the launcher's keys, even in a run that uses neither.

    Args:
        hydra: Hydra's own node of a composed config.
        run: the rest of it.

    Raises:
        ConfigError: a key is unknown, longer runs cannot continue shorter ones, or a config file
            holds the storage's password.
    """
    for key, settings in (("sweeper", SweeperSettings), ("launcher", LocalLauncherSettings)):
        node = hydra[key]
        if OmegaConf.get_type(node) is settings:
            refuse_unknown_keys(settings, map(str, node), prefix=f"hydra.{key}")
    for key, kind in HYDRA_NODES.items():
        node = hydra[key] if key else hydra
        typed = {str(name) for name in node} - {"env"}  # the node of the config group hydra/env
        refuse_unknown_keys(kind, sorted(typed), prefix=f"hydra.{key}".rstrip("."))
    _refuse_written_password(hydra)
    if hydra.job.chdir:
        raise ConfigError(
            "`hydra.job.chdir` must be false: data.root and every other path is relative to the "
            "directory in which the command is typed."
        )
    name = OmegaConf.select(hydra, "sweeper.length_parameter")
    if name is not None and depends_on_length(run.scheduler):
        raise ConfigError(
            f"`hydra.sweeper.length_parameter` must be null with scheduler "
            f"{run.scheduler['_target_']}, whose learning rate depends on the number of epochs: a "
            f"longer run does not continue a shorter one. Got {name!r}; scheduler=constant "
            "allows it."
        )
