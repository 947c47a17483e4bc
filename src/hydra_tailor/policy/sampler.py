"""Samplers whose draws for a trial do not depend on when, where or how often they happen."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import ConfigError
from hydra_tailor.instantiate import build
from hydra_tailor.internals.optuna import FIXED_PARAMS, storage_of, study_id
from hydra_tailor.policy.grid import Cell, CellAssignment
from hydra_tailor.space.parameter import Conditions, Parameter

KEY = "hydra.sweeper.sampler"
CURVES = "hydra_tailor.policy.CurveSampler"
TRUSTED = ("optuna.samplers.*", "hydra_plugins.hydra_optuna_sweeper.*", CURVES)

GRID = "optuna.samplers.GridSampler"
QMC = "optuna.samplers.QMCSampler"
GP = "optuna.samplers.GPSampler"
TPE = "optuna.samplers.TPESampler"

NEEDED = {CURVES: ("scipy",), GP: ("torch", "scipy"), QMC: ("scipy",)}
"""Packages that are not installed with this one; Optuna imports them for a later trial."""

# hydra-optuna-sweeper's schema fixes these arguments; at these values Optuna's defaults are used.
LEFT_TO_OPTUNA = {TPE: {"multivariate": False, "constant_liar": False}}


def build_sampler(
    config: Mapping[str, Any],
    *,
    grid: Sequence[Cell] | None,
    explicit: set[str],
    length_parameter: str | None = None,
    seeded: Callable[[Mapping[str, Any]], Seeded] | None = None,
) -> Seeded | Grid:
    """Build the sampler of a sweep.

    Args:
        config: the value of `hydra.sweeper.sampler`.
        grid: every configuration, for the grid sampler.
        explicit: keys of `config` that the command line set.
        length_parameter: see `Grid`.
        seeded: builds any other sampler from its config; None: `Seeded`.

    Raises:
        ConfigError: it cannot be built, or needs packages that are not installed.
    """
    target = config.get("_target_")
    if missing := [name for name in NEEDED.get(str(target), ()) if find_spec(name) is None]:
        raise ConfigError(
            f"`{KEY}`={target} needs {', '.join(missing)}. Type: pip install {' '.join(missing)}"
        )
    if target == GRID:
        assert grid is not None
        return Grid(grid, seed=config.get("seed") or 0, length_parameter=length_parameter)
    pinned = LEFT_TO_OPTUNA.get(str(target), {})
    arguments = {
        key: value
        for key, value in config.items()
        if key in explicit or key not in pinned or value != pinned[key]
    }
    return (seeded or Seeded)(arguments)


class Seeded(BaseSampler):
    """Draws for trial k with a generator seeded by the sampler's seed, k and the parameter.

    So a search that is started again does not repeat its first draws, and the draws of an
    independent sampler depend neither on the order in which trials finish nor on interruptions.
    Without a seed the sampler is used as it is.

    Args:
        config: `_target_` and arguments of an Optuna sampler.
        conditions: see `Space.conditions`; for samplers that have this attribute.
    """

    def __init__(self, config: Mapping[str, Any], *, conditions: Conditions | None = None) -> None:
        self._config = dict(config)
        self._conditions = conditions or {}
        self._seed = config.get("seed")
        # Quasi-random points form one sequence, which its seed scrambles as a whole.
        self._fixed = self._seed is None or config.get("_target_") == QMC
        self.inner = self._build(self._seed)
        """The sampler with the original seed."""
        self._sampler = self.inner
        self._attempt = 0

    @property
    def name(self) -> str:
        return type(self._sampler).__name__

    def _build(self, seed: int | None) -> BaseSampler:
        config = {**self._config, "seed": seed} if "seed" in self._config else self._config
        sampler = build(KEY, config, trusted=TRUSTED)
        if not isinstance(sampler, BaseSampler):
            raise ConfigError(
                f"`{KEY}` must build an optuna.samplers.BaseSampler, got a "
                f"{type(sampler).__name__}."
            )
        if hasattr(sampler, "conditions"):
            sampler.conditions = self._conditions
        return sampler

    def _for(self, trial: FrozenTrial, parameter: str = "") -> BaseSampler:
        if self._fixed:
            return self._sampler
        again = f"/{self._attempt}" if self._attempt else ""
        text = f"{self._seed}/{trial.number}/{parameter}{again}"
        return self._build(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"))

    def redraw(self, trial: FrozenTrial, attempt: int) -> None:
        """Make the next draws for a trial different in each attempt; the first attempt is 0."""
        self._attempt = attempt
        self._sampler = self._for(trial)

    def rng(self, trial: FrozenTrial) -> random.Random:
        """A random generator for choices for a trial besides the sampler's draws."""
        return random.Random(None if self._seed is None else f"{self._seed}/{trial.number}")

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.redraw(trial, 0)
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
            # The sampler has nothing left to draw and called `study.stop()`, which Optuna refuses
            # outside `study.optimize`. The study stores this, so that every process sees it.
            storage_of(study).set_study_system_attr(study_id(study), names.EXHAUSTED, self.name)


class Grid(BaseSampler):
    """Gives each trial in turn the next cell that no other trial has, in a seeded order.

    All cells are tried, whatever seed or sampler the study was begun with. A trial's cell depends
    on the study alone, so several processes never take the same one.

    Args:
        cells: every configuration.
        seed: seeds their order.
        length_parameter: cells with smaller values of it come first, so that longer runs can
            continue them; None: the order is only the seeded one.
    """

    name = "GridSampler"

    def __init__(
        self, cells: Sequence[Cell], *, seed: int, length_parameter: str | None = None
    ) -> None:
        self._cells = list(cells)
        random.Random(seed).shuffle(self._cells)
        if length_parameter is not None:
            self._cells.sort(key=lambda cell: float(cell.get(length_parameter, 0)))
        self.cells = CellAssignment(self._cells)

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
        index = self.cells.cell_of(trial, study.get_trials(deepcopy=False))
        # A parameter beside a choice that somebody enqueued may be in no cell: it takes its first.
        cell = self._cells[index]
        return cell.get(param_name, Parameter(param_name, param_distribution).example())


def is_enqueued(trial: FrozenTrial) -> bool:
    """Whether the trial's parameters were given, and not drawn by a sampler."""
    return FIXED_PARAMS in trial.system_attrs
