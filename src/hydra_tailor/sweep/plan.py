"""The plan of a sweep: making it finds everything that can be wrong."""

from __future__ import annotations

import importlib.util
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from optuna.trial import FrozenTrial, Trial

from hydra_tailor import names
from hydra_tailor.bounds import is_number
from hydra_tailor.errors import ConfigError, StudyError
from hydra_tailor.instantiate import function_of_program
from hydra_tailor.internals.hydra import hydra_overrides
from hydra_tailor.policy.pruner import build_pruner
from hydra_tailor.policy.sampler import GRID
from hydra_tailor.space.grammar import bare
from hydra_tailor.space.parameter import describe
from hydra_tailor.space.reading import build_space, own_values
from hydra_tailor.space.space import Space
from hydra_tailor.study.confirming import MIN_PAIRS, Confirmation
from hydra_tailor.study.continuing import fixed_settings
from hydra_tailor.study.workload import Lengths
from hydra_tailor.sweep.command import single_run
from hydra_tailor.sweep.compose import ComposeOnce
from hydra_tailor.sweep.examples import (
    as_job,
    check_epochs_key,
    compose_example,
    joined,
    refuse_conditions_on_what_varies,
    refuse_shared_directory,
)
from hydra_tailor.sweep.freeze import Frozen
from hydra_tailor.sweep.settings import SweeperSettings

log = logging.getLogger(__name__)
MAX_GRID = 1_000_000
"""Configurations of a grid that fit into memory."""
MAX_CELLS = 10_000
"""Largest space whose configurations are listed; a larger one counts as infinite."""


@dataclass(frozen=True)
class Plan:
    """A checked sweep.

    Attributes:
        settings: the sweeper's settings.
        config: the sweep's config; jobs are composed from it.
        frozen: what is the same for every job, on every host.
        loader: composes jobs.
        space: the search space.
        fixed: settings that no trial changes, by dotted key.
        found: what the program's check of some jobs returned, by name.
        enqueued: configurations to try first.
        own: the config's own values of the searched keys, where they lie in the space.
        custom_search_space: function `(config, trial)` that suggests further parameters, or None.
        confirmation: how the best trials are confirmed, or None.
    """

    settings: SweeperSettings
    config: DictConfig
    frozen: Frozen
    loader: ComposeOnce
    space: Space
    fixed: Mapping[str, Any]
    found: Mapping[str, str]
    enqueued: Sequence[Mapping[str, Any]]
    own: Mapping[str, Any]
    custom_search_space: Callable[[DictConfig, Trial], None] | None
    confirmation: Confirmation | None

    @property
    def is_grid(self) -> bool:
        """Whether each configuration of the space gets one trial."""
        return bool(self.settings.sampler.get("_target_") == GRID)

    @cached_property
    def cells(self) -> list[dict[str, Any]] | None:
        """Every configuration of the space; None if there are many, or if trials may repeat some.

        Raises:
            ConfigError: a grid has infinitely or too many configurations.
        """
        if self.is_grid:
            n = self.space.size()
            if math.isfinite(n) and n > MAX_GRID:
                raise ConfigError(
                    f"a grid may have at most {MAX_GRID:,} configurations, got {n:,}. Search "
                    "fewer values, or choose another hydra/sweeper/sampler."
                )
            return self.space.grid()
        return self.space.cells(MAX_CELLS) if self.is_distinct else None

    @property
    def lengths(self) -> Lengths:
        """The numbers of epochs of the configurations, as far as `epochs_key` names them."""
        extended = self.settings.length_parameter
        key = self.settings.epochs_key or extended
        searched = key if any(one.name == key for one in self.space.parameters) else None
        value: Any = OmegaConf.select(self.config, key) if key and searched is None else None
        constant = float(value) if is_number(value) else None
        return Lengths(searched, constant, self.cells, extends=extended is not None)

    @property
    def objectives(self) -> list[str]:
        """The names of a trial's values: the program's own ones, if it has any."""
        named = self.fixed.get("objective")
        given = named if isinstance(named, list) else [named]
        n = len(self.settings.directions)
        if len(given) == n and all(isinstance(name, str) for name in given):
            return [str(name) for name in given]
        return [f"value {index + 1}" for index in range(n)] if n > 1 else ["value"]

    @property
    def is_distinct(self) -> bool:
        """Whether no configuration is drawn twice; false with a custom search space.

        The configurations of such a space are unknown until they are drawn.
        """
        return self.settings.distinct and self.custom_search_space is None

    def draw(self, trial: Trial) -> dict[str, Any]:
        """Draw a trial's values, including those of `hydra.sweeper.custom_search_space`.

        Raises:
            StudyError: the custom search space draws a parameter that the command line fixes.
        """
        drawn = self.space.suggest(trial)
        if self.custom_search_space is None:
            return drawn
        # As with the stock sweeper, the function may read fixed parameters from user attributes.
        for override in self.space.fixed:
            key, _, value = override.partition("=")
            if key in names.NUMERIC_ATTRIBUTES:
                with suppress(ValueError):
                    trial.set_user_attr(key, float(value))
            elif key not in names.OWN_ATTRIBUTES:
                trial.set_user_attr(key, value)
        try:
            self.custom_search_space(self.config, trial)
        except ValueError as error:
            if "distribution" not in str(error):
                raise
            raise StudyError(
                f"hydra.sweeper.custom_search_space: {str(error).rstrip('.')}. A parameter that "
                "it searches must not be searched on the command line, too."
            ) from error
        fixed = {bare(override.partition("=")[0]) for override in self.space.fixed}
        if overlap := fixed & trial.params.keys():
            raise StudyError(
                f"`{', '.join(sorted(overlap))}` is fixed on the command line, and the custom "
                "search space searches it. Remove one of the two."
            )
        return drawn | {key: value for key, value in trial.params.items() if key not in drawn}

    def overrides(self, trial: FrozenTrial, values: Mapping[str, Any]) -> list[str]:
        """The overrides of a trial's job, given the values of its parameters."""
        seed = trial.user_attrs.get(names.SEED)
        own = [] if seed is None else [f"{self.settings.seed_key}={seed}"]
        return [*self.space.overrides(values), *own]

    def directory_of(self, number: int, overrides: Sequence[str] | None) -> Path:
        """The run directory of a job that did not report it."""
        try:
            job = self.loader.load_sweep_config(self.config, list(overrides or ()))
        except HydraException:  # the job failed because its config cannot be composed
            return self.frozen.directory / str(number)
        with as_job(job, number):
            return self.frozen.directory / str(job.hydra.sweep.subdir)

    def length_parameter_of(self, overrides: Sequence[str]) -> str | None:
        """The key `length_parameter` of a job's config, which may depend on searched values."""
        job = self.loader.load_sweep_config(self.config, list(overrides))
        with as_job(job, 0):
            name: str | None = job.hydra.sweeper.length_parameter
            return name

    def command_of(self, trial: FrozenTrial) -> list[str]:
        """The words of a command that repeats a trial as a single run."""
        return single_run(self.overrides(trial, trial.params), hydra_overrides(self.config))


def make_plan(
    settings: SweeperSettings,
    config: DictConfig,
    frozen: Frozen,
    loader: ComposeOnce,
    arguments: list[str],
) -> Plan:
    """Check the search before anything is written.

    Args:
        settings: the sweeper's settings.
        config: the sweep's config.
        frozen: the result of `freeze` for it.
        loader: composes jobs.
        arguments: the command line's overrides of the program's config.

    Raises:
        TailorError: a key, a value, the pruner or the search space is invalid.
    """
    space = build_space(
        settings.params or {}, arguments, settings.when or {}, config=config, loader=loader
    )
    build_pruner(settings.pruner)
    enqueued = [space.check_enqueued(values) for values in settings.enqueue or []]
    _check_length_parameter(settings.length_parameter, space, config)
    custom_search_space = _function("custom_search_space", settings.custom_search_space)
    check_job = _function("check_job", settings.check_job)
    examples = [space.overrides(values) for values in space.examples()]
    composed = [
        compose_example(config, loader, overrides, check_job, number)
        for number, overrides in enumerate(examples)
    ]
    jobs = [example.job for example in composed]
    check_epochs_key(settings.epochs_key, jobs)
    refuse_conditions_on_what_varies(space.known, jobs)
    refuse_shared_directory([example.subdir for example in composed])
    fixed = fixed_settings(
        jobs[0],
        searched=[parameter.name for parameter in space.parameters],
        may_differ=settings.may_differ,
    )
    if settings.custom_search_space:
        fixed["hydra.sweeper.custom_search_space"] = settings.custom_search_space
    plan = Plan(
        settings,
        config,
        frozen,
        loader,
        space,
        fixed,
        joined([example.found for example in composed]),
        enqueued,
        own_values(space, config),
        custom_search_space,
        _confirmation(settings, space, jobs[0]),
    )
    _refuse_shared_repetitions(plan, examples[0])
    return plan


def _refuse_shared_repetitions(plan: Plan, overrides: list[str]) -> None:
    """Refuse a pattern that gives the runs of one configuration one directory.

    Args:
        plan: says which runs may repeat a configuration.
        overrides: of any job.
    """
    settings = plan.settings
    repeated: dict[str, list[str]] = {}
    if plan.confirmation is not None:
        seed = plan.confirmation.seeds[0]
        repeated[f"hydra.sweeper.confirm={settings.confirm}"] = [f"{settings.seed_key}={seed}"]
    if settings.retries:
        repeated[f"hydra.sweeper.retries={settings.retries}"] = []
    if not settings.distinct:
        repeated["hydra.sweeper.distinct=false"] = []
    for setting, further in repeated.items():
        with suppress(OmegaConfBaseException):  # only a job can resolve it
            first = plan.directory_of(0, overrides)
            if plan.directory_of(1, [*overrides, *further]) == first:
                raise ConfigError(
                    f"{setting} runs a configuration more than once, and `hydra.sweep.subdir` "
                    f"gives these runs one directory, {first.name!r}. "
                    "Type: 'hydra.sweep.subdir=${hydra.job.num}'"
                )


def _function(key: str, path: str | None) -> Any:
    return function_of_program(f"hydra.sweeper.{key}", path) if path else None


def _confirmation(settings: SweeperSettings, space: Space, job: DictConfig) -> Confirmation | None:
    """Which trials are confirmed; raise ConfigError unless the seed is a whole number.

    Args:
        job: the composed config of any job.
    """
    key = settings.seed_key
    if not settings.confirm:
        return None
    seed = OmegaConf.select(job, key)
    searched = any(parameter.name == key for parameter in space.parameters)
    if searched or not isinstance(seed, int):
        raise ConfigError(
            "`hydra.sweeper.confirm` trains the best trials with other seeds, so "
            "`hydra.sweeper.seed_key` must be the key of a whole number that is not searched, "
            f"got {key!r}, which is {'searched' if searched else repr(seed)}."
        )
    if settings.confirm_seeds >= MIN_PAIRS and importlib.util.find_spec("scipy") is None:
        raise ConfigError(
            f"`hydra.sweeper.confirm_seeds` must be below {MIN_PAIRS} without SciPy, which tests "
            f"whether a trial is worse than the leader, got {settings.confirm_seeds}. Type: pip "
            "install scipy"
        )
    seeds = range(seed + 1, seed + 1 + settings.confirm_seeds)
    return Confirmation(settings.confirm, seeds)


def _check_length_parameter(name: str | None, space: Space, config: DictConfig) -> None:
    """Raise ConfigError unless `length_parameter` is the key of a number."""
    if name is None:
        return
    searched = next((one for one in space.parameters if one.name == name), None)
    value = OmegaConf.select(config, name)
    if searched.is_numeric if searched else is_number(value):
        return
    got = describe(searched.distribution) if searched else value
    raise ConfigError(
        f"`hydra.sweeper.length_parameter` must be the key of a number, got {name!r}, which is "
        f"{got!r}."
    )
