"""Samplers that draw the same for a trial whenever, wherever and however often it is drawn."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tailor import names
from tailor.errors import ConfigError
from tailor.targets import build

from ._grid import Cell, Places
from ._space import Parameter

GRID = "optuna.samplers.GridSampler"
QMC = "optuna.samplers.QMCSampler"
TPE = "optuna.samplers.TPESampler"

# hydra-optuna-sweeper's schema sets these where Optuna would decide; left at that, Optuna decides.
LEFT_TO_OPTUNA = {TPE: {"multivariate": False, "constant_liar": False}}


def build_sampler(
    config: Mapping[str, Any], *, grid: Sequence[Cell] | None, explicit: set[str]
) -> Seeded | Grid:
    """Build the sampler of a sweep.

    Args:
        config: what `hydra.sweeper.sampler` holds.
        grid: every configuration, for the grid sampler.
        explicit: keys of `config` that the command line set.
    """
    target = config.get("_target_")
    if target == GRID:
        assert grid is not None
        return Grid(grid, seed=config.get("seed") or 0)
    pinned = LEFT_TO_OPTUNA.get(str(target), {})
    arguments = {
        key: value
        for key, value in config.items()
        if key in explicit or key not in pinned or value != pinned[key]
    }
    return Seeded(arguments)


class Seeded(BaseSampler):
    """Draws for trial k from a generator seeded by the sampler's seed, k and the parameter.

    So a search that starts again does not repeat its first draws, and what an independent sampler
    draws depends neither on the order in which trials finish nor on interruptions. Without a seed
    it is the sampler itself.

    Args:
        config: `_target_` and arguments of an Optuna sampler.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = dict(config)
        self._seed = config.get("seed")
        # The points of a quasi-random sequence are one sequence: its seed scrambles all of them.
        self._fixed = self._seed is None or config.get("_target_") == QMC
        self._sampler = self._build(self._seed)

    @property
    def name(self) -> str:
        return type(self._sampler).__name__

    def _build(self, seed: int | None) -> BaseSampler:
        config = {**self._config, "seed": seed} if "seed" in self._config else self._config
        sampler = build("hydra.sweeper.sampler", config)
        if not isinstance(sampler, BaseSampler):
            raise ConfigError(
                "`hydra.sweeper.sampler` must build an optuna.samplers.BaseSampler, got a "
                f"{type(sampler).__name__}."
            )
        return sampler

    def _for(self, trial: FrozenTrial, parameter: str = "") -> BaseSampler:
        if self._fixed:
            return self._sampler
        text = f"{self._seed}/{trial.number}/{parameter}"
        return self._build(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._sampler = self._for(trial)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        sampler = self._for(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        try:
            self._sampler.after_trial(study, trial, state, values)
        except RuntimeError as error:
            if "Study.stop" not in str(error):
                raise
            # It has nothing left to draw and said so by `study.stop()`, which Optuna refuses
            # outside `study.optimize`. Kept in the study, where every process sees it.
            study._storage.set_study_system_attr(study._study_id, names.EXHAUSTED, self.name)


class Grid(BaseSampler):
    """Gives each trial in turn the next cell that no other has, in an order drawn from the seed.

    Whatever the study was begun with, another seed or sampler, all its cells are tried; and the
    cell follows from what the study holds alone, so several processes never take the same one.
    """

    name = "GridSampler"

    def __init__(self, cells: Sequence[Cell], *, seed: int) -> None:
        self._cells = list(cells)
        random.Random(seed).shuffle(self._cells)
        self.places = Places(self._cells)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        index = self.places.cell_of(trial, study.get_trials(deepcopy=False))
        # A parameter of a custom search space is none of the grid's: it takes its first value.
        cell = self._cells[index]
        return cell.get(param_name, Parameter(param_name, param_distribution).example())


def is_enqueued(trial: FrozenTrial) -> bool:
    """Whether somebody chose the trial's parameters, so that no sampler drew them."""
    return "fixed_params" in trial.system_attrs
