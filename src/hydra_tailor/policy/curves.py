"""A sampler that learns from the curves of all trials, including paused ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.linalg import LinAlgError
from scipy.spatial.distance import cdist
from scipy.special import erfcx, ndtr

from hydra_tailor import names
from hydra_tailor.bounds import check_whole_number
from hydra_tailor.internals.optuna import FIXED_PARAMS, contains
from hydra_tailor.policy.axes import Axes
from hydra_tailor.policy.gaussian import GaussianProcess, Observations
from hydra_tailor.policy.pausing import rungs
from hydra_tailor.policy.sampler import KEY
from hydra_tailor.space.parameter import Conditions

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rungs = Callable[[float], Iterator[int]]
"""For a trial's length, the numbers of reports after which its value is an observation."""

N_DRAWN, N_NEAR = 400, 200
"""Candidates: drawn anywhere, and near the configurations that are expected to be the best."""
N_LEADERS = 12
REFINEMENTS, N_REFINED, N_PROMISING = 3, 100, 10
"""Number of refinements; each draws `N_REFINED` candidates near the `N_PROMISING` most promising
ones so far."""
RESOLUTION = 0.01
"""Configurations that differ by no more than this share of any axis count as the same."""
MAX_OBSERVATIONS = 400
FLOOR_SPREADS = 2.0
"""Lower limit of values: this many times the distance from the median to the best, below the
median."""
FARTHEST = 1e4
"""In standard deviations. Farther out, a difference would round to 0, so `_log_improvement` takes
its limit."""


class CurveSampler(BaseSampler):
    """Expected improvement at the last epoch, by a Gaussian process over (parameters, epoch).

    Optuna's samplers use only finished trials. This one uses the values of each trial at a few of
    its epochs, so it also learns from trials that are paused (`FreezeThaw`, `Promote`), running or
    pruned. Without reports it uses results. In a study with several objectives it draws like
    `TPESampler`.

    Args:
        n_startup_trials: trials with a value before the model is used; until then draws are
            random.
        seed: seeds the draws.

    Raises:
        ConfigError: `n_startup_trials` is out of its bounds.
    """

    def __init__(self, n_startup_trials: int = 6, seed: int | None = None) -> None:
        check_whole_number(f"{KEY}.n_startup_trials", n_startup_trials, at_least=1)
        self._n_startup_trials = n_startup_trials
        self._seed = seed
        self._random = RandomSampler(seed=seed)
        self._several = TPESampler(seed=seed)
        self.conditions: Conditions = {}
        """See `Space.conditions`."""

    def generator(self, number: int) -> np.random.Generator:
        """The random generator of a trial's draws."""
        return np.random.default_rng(None if self._seed is None else (self._seed, number))

    def model(
        self, study: Study, trials: Sequence[FrozenTrial], epochs: Rungs = rungs
    ) -> CurveModel | None:
        """Fit a model to trials; return None while they are too few.

        Args:
            study: the trials' study, which defines the better direction.
            trials: the trials to learn from.
            epochs: see `Rungs`.
        """
        space = _space_of(trials)
        known = [trial for trial in trials if _parameters(trial, space)]
        curves = [_curve(trial, epochs) for trial in known]
        if not space or sum(map(bool, curves)) < self._n_startup_trials:
            return None
        try:
            return CurveModel(study, known, curves, space, self.conditions)
        except LinAlgError:
            return None

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        several = len(study.directions) > 1
        return {} if several else _space_of(study.get_trials(deepcopy=False))

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        trials = study.get_trials(deepcopy=False)
        model = self.model(study, [known for known in trials if known.number != trial.number])
        return {} if model is None else model.best_new(self.generator(trial.number))[0]

    def sample_independent(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        sampler = self._several if len(study.directions) > 1 else self._random
        return sampler.sample_independent(study, trial, name, distribution)


class CurveModel:
    """A Gaussian process fitted to the curves of a study's trials.

    Args:
        study: the trials' study.
        trials: trials with parameters.
        curves: for each trial, its value by number of reports.
        space: the distribution of each parameter.
        conditions: see `Space.conditions`.

    Raises:
        scipy.linalg.LinAlgError: no model fits the values.
    """

    def __init__(
        self,
        study: Study,
        trials: Sequence[FrozenTrial],
        curves: Sequence[Mapping[int, float]],
        space: Mapping[str, BaseDistribution],
        conditions: Conditions,
    ) -> None:
        self._row = {trial.number: row for row, trial in enumerate(trials)}
        self._axes = Axes(space, conditions)
        self._positions = self._axes.positions([_parameters(trial, space) for trial in trials])
        self._clock = _clock(trials, curves)
        self._length_parameter = _length_parameter(trials, space)
        seen = self._observe(study, curves)
        self._best = float(seen.values.max())
        process = GaussianProcess(seen, self._axes.meaning.and_time())
        running = [
            row
            for row, trial in enumerate(trials)
            if trial.state is TrialState.RUNNING or not curves[row]
        ]
        self._process = self._as_expected(process, seen, running)

    def most_promising(
        self, paused: Sequence[FrozenTrial], room: float = math.inf
    ) -> tuple[FrozenTrial, float] | None:
        """Return the paused trial that promises most, and its promise.

        A promise is the logarithm of the expected improvement per epoch.

        Args:
            paused: the trials to choose from.
            room: epochs that are left; a trial that needs more is judged by the epoch that it
                would reach.
        """
        paused = [trial for trial in paused if trial.number in self._row]
        if not paused:
            return None
        rows = np.array([self._row[trial.number] for trial in paused])
        reached = np.array([len(trial.intermediate_values) for trial in paused], float)
        promises = self._promise(self._positions[rows], rows, reached, room)
        best = int(np.argmax(promises))
        return paused[best], float(promises[best])

    def best_new(
        self, rng: np.random.Generator, room: float = math.inf
    ) -> tuple[dict[str, Any], float]:
        """Return the new configuration that promises most, and its promise."""
        ends, _ = self._process.predict(self._at_end(self._positions))
        leaders = np.argsort(-ends, kind="stable")[:N_LEADERS]
        near = self._positions[rng.choice(leaders, N_NEAR)]
        positions = np.concatenate([self._axes.draw(rng, N_DRAWN), self._axes.move(rng, near)])
        promises = self._promise_of_new(positions, room)
        for _ in range(REFINEMENTS):
            top = positions[np.argsort(-promises, kind="stable")[:N_PROMISING]]
            near = self._axes.move(rng, top[rng.integers(len(top), size=N_REFINED)])
            positions = np.concatenate([positions, near])
            promises = np.concatenate([promises, self._promise_of_new(near, room)])
        found, known = (self._axes.coordinates(rows) for rows in (positions, self._positions))
        is_new = cdist(found, known, "chebyshev").min(axis=1) > RESOLUTION
        best = int(np.argmax(np.where(is_new | ~is_new.any(), promises, -np.inf)))
        return self._axes.values(positions[best]), float(promises[best])

    def _promise_of_new(self, positions: Array, room: float) -> Array:
        n = len(positions)
        return self._promise(positions, np.full(n, -1), np.zeros(n), room)

    def _promise(self, positions: Array, trials: Indices, reached: Array, room: float) -> Array:
        """The promise of each configuration: see `most_promising`.

        Args:
            positions: N configurations.
            trials: N rows of trials; -1 for a new one.
            reached: N numbers of epochs that are trained already.
            room: how many epochs may be trained.
        """
        new = trials < 0
        ends = np.where(new, self._lengths(positions), self._clock.ends[trials])
        until = np.minimum(ends, reached + room)
        time = self._clock.time(until, ends)
        points = np.column_stack([self._axes.coordinates(positions), time])
        mean, deviation = self._process.predict(points)
        improvement = np.log(deviation) + _log_improvement((mean - self._best) / deviation)
        return np.asarray(improvement - np.log(np.maximum(until - reached, 1.0)))

    def _lengths(self, positions: Array) -> Array:
        """How many epochs each configuration takes."""
        if self._length_parameter is None:
            return np.full(len(positions), float(self._clock.longest))
        lengths = self._axes.numbers(self._length_parameter, positions)
        return np.where(np.isnan(lengths), self._clock.longest, lengths)

    def _at_end(self, positions: Array) -> Array:
        """Points at each configuration's last epoch, which is at 1 on the axis of time."""
        return np.column_stack([self._axes.coordinates(positions), np.ones(len(positions))])

    def _observe(self, study: Study, curves: Sequence[Mapping[int, float]]) -> Observations:
        found = [
            (row, epoch, value)
            for row, curve in enumerate(curves)
            for epoch, value in curve.items()
        ]
        # The latest value of each trial first, then earlier ones, up to `MAX_OBSERVATIONS`.
        found.sort(key=lambda one: (one[1] != max(curves[one[0]]), -one[1], -one[0]))
        found = sorted(found[:MAX_OBSERVATIONS])
        rows = np.array([row for row, _, _ in found])
        epochs = np.array([epoch for _, epoch, _ in found], float)
        time = self._clock.time(epochs, self._clock.ends[rows])
        sign = 1.0 if study.direction is StudyDirection.MAXIMIZE else -1.0
        values = _standardised(sign * np.array([value for _, _, value in found]))
        coordinates = self._axes.coordinates(self._positions[rows])
        return Observations(np.column_stack([coordinates, time]), values, 1.0 - time)

    def _as_expected(
        self, process: GaussianProcess, seen: Observations, rows: Sequence[int]
    ) -> GaussianProcess:
        """The process as if the trials of these rows had ended with their expected values.

        Otherwise trials that begin at once would be the same, and failed ones would be repeated.
        """
        if not rows:
            return process
        points = self._at_end(self._positions[list(rows)])
        expected, _ = process.predict(points)
        return process.given(
            Observations(
                np.concatenate([seen.points, points]),
                np.concatenate([seen.values, expected]),
                np.concatenate([seen.early, np.zeros(len(rows))]),
            )
        )


@dataclass(frozen=True)
class Clock:
    """Time on a logarithmic axis, on which every trial ends at 1.

    Attributes:
        longest: the largest number of epochs of a trial; 2 or more.
        ends: N numbers of epochs, one per trial.
    """

    longest: int
    ends: Array

    def time(self, epochs: Array, ends: Array) -> Array:
        """Positions in time of epochs, above 0 and at most 1, given the trials' lengths."""
        return np.asarray(1.0 + np.log(epochs / ends) / math.log(self.longest))


def _clock(trials: Sequence[FrozenTrial], curves: Sequence[Mapping[int, float]]) -> Clock:
    expected = [int(trial.user_attrs.get(names.EPOCHS) or 0) for trial in trials]
    longest = max(*expected, *(max(curve, default=1) for curve in curves), 2)
    ends = [
        max(curve, default=1) if trial.state is TrialState.COMPLETE else known or longest
        for trial, curve, known in zip(trials, curves, expected, strict=True)
    ]
    return Clock(longest, np.array(ends, float))


def _length_parameter(
    trials: Sequence[FrozenTrial], space: Mapping[str, BaseDistribution]
) -> str | None:
    """The parameter that is the number of a trial's epochs, where there is one."""
    known = [trial for trial in trials if trial.user_attrs.get(names.EPOCHS)]
    for name in space:
        if known and all(
            trial.params.get(name) == trial.user_attrs[names.EPOCHS] for trial in known
        ):
            return name
    return None


def _parameters(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> Mapping[str, Any]:
    """The parameters that were drawn; before a trial runs, those that were given to it."""
    if trial.params:
        return trial.params
    given: Mapping[str, Any] = trial.system_attrs.get(FIXED_PARAMS, {})
    return {
        name: value
        for name, value in given.items()
        if name in space and contains(space[name], value)
    }


def _space_of(trials: Sequence[FrozenTrial]) -> dict[str, BaseDistribution]:
    """Every parameter of any trial; a trial may lack a parameter that depends on another."""
    space: dict[str, BaseDistribution] = {}
    for trial in trials:
        space |= trial.distributions
    return {name: space[name] for name in sorted(space) if not space[name].single()}


def _curve(trial: FrozenTrial, epochs: Rungs) -> Mapping[int, float]:
    """The values at the rungs that a trial has reached; its result replaces the last report."""
    if trial.state is TrialState.FAIL:
        return {}
    reports = [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)]
    length = float(trial.user_attrs.get(names.EPOCHS) or max(1, len(reports)))
    if trial.state is TrialState.COMPLETE and trial.values:
        reports = [*reports[:-1], trial.values[0]]
        length = len(reports)
    reached = [epoch for epoch in epochs(length) if epoch <= len(reports)]
    return {epoch: reports[epoch - 1] for epoch in reached if math.isfinite(reports[epoch - 1])}


def _log_improvement(z: Array) -> Array:
    """Logarithm of the expected excess over 0 of a normal value of mean z and deviation 1.

    It stays distinct where almost no improvement is expected: the excess itself would round to 0
    there, and all candidates would be equal (arXiv:2310.20708).
    """
    near, far = np.maximum(z, -1.0), np.clip(-z, 1.0, FARTHEST)
    density = np.exp(-0.5 * near**2) / math.sqrt(2 * math.pi)
    tail = np.log1p(-math.sqrt(math.pi / 2) * far * erfcx(far / math.sqrt(2)))
    beyond = 2 * np.log(np.maximum(-z / FARTHEST, 1.0))  # there the tail falls as 1 / z^2
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    hopeless = log_density + tail - beyond
    return np.asarray(np.where(z > -1.0, np.log(near * ndtr(near) + density), hopeless))


def _standardised(values: Array) -> Array:
    """Values with mean 0 and deviation 1; very bad ones are raised to a limit first."""
    median, best = np.median(values), values.max()
    values = np.maximum(values, median - FLOOR_SPREADS * max(best - median, 1e-12))
    return np.asarray((values - values.mean()) / (values.std() or 1.0))
