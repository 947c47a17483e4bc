"""The sweeper's keys, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf

from tailor.config import problems_of
from tailor.errors import ConfigError

DIRECTIONS = ("minimize", "maximize")


@dataclass(frozen=True)
class Settings:
    """What `hydra.sweeper` holds, as plain values; see `config.TailorSweeperConf` for each key."""

    sampler: dict[str, Any]
    pruner: dict[str, Any] | None
    directions: tuple[str, ...]
    storage: str | dict[str, Any] | None
    grace_period: int | None
    study_name: str | None
    n_trials: int
    n_jobs: int | str
    max_failure_rate: float
    min_failures: int
    retries: int
    timeout: float | None
    patience: int | None
    target: float | None
    custom_search_space: str | None
    params: dict[str, Any]
    when: dict[str, dict[str, Any]]
    enqueue: list[dict[str, Any]]
    may_differ: list[str]
    artifacts: bool | str
    next_commands: list[str]
    artifacts_url: str | None

    @classmethod
    def of(cls, keys: dict[str, Any]) -> Settings:
        """Build from what Hydra passes.

        Raises:
            ConfigError: one or more values are impossible; the message names them all.
        """
        plain: dict[str, Any] = {
            key: OmegaConf.to_container(value, resolve=True)
            if OmegaConf.is_config(value)
            else value
            for key, value in keys.items()
        }
        plain.pop("owner", None)  # the sweep's own to write
        direction = plain.pop("direction")
        plain["directions"] = tuple(
            getattr(one, "name", one)
            for one in (direction if isinstance(direction, list) else [direction])
        )
        plain["params"] = plain["params"] or {}
        plain["when"] = plain["when"] or {}
        plain["enqueue"] = plain["enqueue"] or []
        settings = cls(**plain)
        settings._check()
        return settings

    def _check(self) -> None:
        several = len(self.directions) > 1
        jobs_hold = self.n_jobs == "auto" or (
            isinstance(self.n_jobs, int) and (self.n_jobs == -1 or self.n_jobs >= 1)
        )
        problems = problems_of(
            [
                (
                    "hydra.sweeper.direction",
                    list(self.directions),
                    bool(self.directions) and set(self.directions) <= set(DIRECTIONS),
                    "minimize or maximize, or a list of these",
                ),
                (
                    "hydra.sweeper.grace_period",
                    self.grace_period,
                    self.grace_period is None or self.grace_period >= 3,
                    "3 seconds or more, or null",
                ),
                ("hydra.sweeper.n_trials", self.n_trials, self.n_trials >= 1, "1 or more"),
                (
                    "hydra.sweeper.n_jobs",
                    self.n_jobs,
                    jobs_hold,
                    "1 or more, -1 (one a core) or auto",
                ),
                (
                    "hydra.sweeper.max_failure_rate",
                    self.max_failure_rate,
                    0 <= self.max_failure_rate <= 1,
                    "in [0, 1]",
                ),
                (
                    "hydra.sweeper.min_failures",
                    self.min_failures,
                    self.min_failures >= 1,
                    "1 or more",
                ),
                ("hydra.sweeper.retries", self.retries, self.retries >= 0, "0 or more"),
                (
                    "hydra.sweeper.timeout",
                    self.timeout,
                    self.timeout is None or self.timeout > 0,
                    "a number of seconds above 0, or null",
                ),
                (
                    "hydra.sweeper.patience",
                    self.patience,
                    self.patience is None or (self.patience >= 1 and not several),
                    "1 or more, or null; null where there are several objectives",
                ),
                (
                    "hydra.sweeper.target",
                    self.target,
                    self.target is None or not several,
                    "null where there are several objectives",
                ),
                (
                    "hydra.sweeper.artifacts",
                    self.artifacts,
                    isinstance(self.artifacts, bool | str) and self.artifacts != "",
                    "the path of a folder, true or false",
                ),
                (
                    "hydra.sweeper.when",
                    self.when,
                    all(isinstance(condition, dict) for condition in self.when.values()),
                    "a mapping of {parameter: {other parameter: choice or list of choices}}",
                ),
                (
                    "hydra.sweeper.enqueue",
                    self.enqueue,
                    all(isinstance(one, dict) for one in self.enqueue),
                    "a list of {parameter: value}",
                ),
            ]
        )
        if problems:
            raise ConfigError("; ".join(problems) + ".")
