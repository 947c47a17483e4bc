"""A run: every key that decides its numbers, and the root of `conf/train.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from tailor.config.checks import problems_of
from tailor.config.data import DataConfig
from tailor.config.recorders import check_recorder_packages
from tailor.config.training import TrainingConfig
from tailor.errors import ConfigError
from tailor.names import DIRECTIONS


@dataclass
class RunConfig:
    """Everything that decides a run's numbers: the same RunConfig gives the same run.

    `model`, `optimizer`, `scheduler` and the steps of `augment` are mappings with a `_target_`, so
    that a user's own class takes the same place as one of ours.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: Any = MISSING
    optimizer: Any = MISSING
    scheduler: Any = MISSING
    augment: Any = MISSING
    training: TrainingConfig = field(default_factory=TrainingConfig)
    objective: Any = MISSING
    """Column that ranks runs, or a list of them for a Pareto search."""
    seed: int = MISSING

    def __post_init__(self) -> None:
        problems: list[str] = []
        for part in fields(self):
            value = getattr(self, part.name)
            if is_dataclass(value) and hasattr(value, "problems"):
                problems += value.problems()
        problems += problems_of(
            [
                ("seed", self.seed, 0 <= self.seed < 2**32, "in [0, 2^32)"),
                (
                    "objective",
                    self.objective,
                    bool(self.objectives) and set(self.objectives) <= set(DIRECTIONS),
                    f"one of {', '.join(DIRECTIONS)}, or a list of them",
                ),
            ]
        )
        if problems:
            raise ConfigError("; ".join(problems) + ".")

    @property
    def objectives(self) -> tuple[str, ...]:
        return objectives_of(self.objective)


@dataclass
class TrainConfig(RunConfig):
    """The root of `conf/train.yaml`: a run, and the study it belongs to."""

    study: str = MISSING
    recorders: Any = field(default_factory=dict)
    """Who hears of a run besides `metrics.csv`: by name, the `_target_` of a recorder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_recorder_packages(self.recorders)


def objectives_of(objective: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the objectives, for one name or a list of names."""
    return (objective,) if isinstance(objective, str) else tuple(objective)


def direction_of(objective: str | Sequence[str]) -> str | list[str]:
    """Return the direction of one objective, or the list of directions of several."""
    directions = [DIRECTIONS.get(name, "minimize") for name in objectives_of(objective)]
    return directions[0] if isinstance(objective, str) else directions


def run_config(config: DictConfig) -> RunConfig:
    """Check a composed config and return the part of it that decides a run.

    Args:
        config: what Hydra composed from `conf/train.yaml`, or what a run directory's
            `.hydra/config.yaml` holds.

    Returns:
        The run's config, with plain containers inside: no interpolation is left.

    Raises:
        ConfigError: one or more values are out of bounds; the message names them all.
    """
    names = [part.name for part in fields(RunConfig)]
    run = OmegaConf.masked_copy(config, names)
    run._set_parent(config._get_parent())
    checked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(RunConfig), run))
    assert isinstance(checked, RunConfig)
    plain = OmegaConf.to_container(run, resolve=True)
    assert isinstance(plain, dict)
    for name in ("model", "optimizer", "scheduler", "augment"):
        setattr(checked, name, plain[name])
    checked.data.source = plain["data"]["source"]
    return checked
