"""A sampler that learns from every epoch of every trial, also of those that pause."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from scipy.linalg import LinAlgError
from scipy.special import ndtr

from hydra_tailor import names
from hydra_tailor.policy.axes import Axes
from hydra_tailor.policy.gaussian import GaussianProcess, Indices, Observations

Array = NDArray[np.float64]
Curve = Mapping[int, float]
"""Values by the number of reports."""

N_DRAWN, N_MOVED = 400, 200
"""Candidates: drawn anywhere, and near good configurations."""
N_LEADERS = 12
MAX_OBSERVATIONS = 500
FLOOR_SPREADS = 2.0
"""A value counts as no worse than this many times the distance from the median to the best."""


class CurveSampler(BaseSampler):
    """Expected improvement at the last epoch, by a Gaussian process over (parameters, epoch).

    Optuna's samplers see finished trials alone. This one sees the value after 1, 2, 4, 8, ...
    reports of each trial, so that it learns from trials that pause (`Promote`), run or were
    pruned. Without reports it sees results. In a study with several objectives it is `TPESampler`.

    Args:
        n_startup_trials: trials with a value before the model is used; draws are random before.
        seed: of the draws.
    """

    def __init__(self, n_startup_trials: int = 6, seed: int | None = None) -> None:
        self._n_startup_trials = n_startup_trials
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)
        self._several = TPESampler(seed=seed)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Every parameter that any trial has had: one that depends on another may be missing."""
        if len(study.directions) > 1:
            return {}
        space: dict[str, BaseDistribution] = {}
        for known in study.get_trials(deepcopy=False):
            space |= known.distributions
        return {name: space[name] for name in sorted(space) if not space[name].single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        trials = [
            known
            for known in study.get_trials(deepcopy=False)
            if known.params and known.number != trial.number
        ]
        curves = [_curve(known) for known in trials]
        if not search_space or sum(map(bool, curves)) < self._n_startup_trials:
            return {}
        try:
            return self._best(study, trials, curves, search_space)
        except LinAlgError:
            return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        sampler = self._several if len(study.directions) > 1 else self._random
        return sampler.sample_independent(study, trial, name, distribution)

    def _best(
        self,
        study: Study,
        trials: Sequence[FrozenTrial],
        curves: Sequence[Curve],
        space: Mapping[str, BaseDistribution],
    ) -> dict[str, Any]:
        axes = Axes(space)
        positions = axes.positions([trial.params for trial in trials])
        seen, groups = _observe(study, trials, curves, axes, positions)
        process = GaussianProcess(seen, groups)
        if unseen := [row for row, curve in enumerate(curves) if not curve]:
            # Trials that have just begun: taken to turn out as expected, so that several that
            # begin at once differ.
            ends = _at_end(axes.coordinates(positions[unseen]))
            expected, _ = process.predict(ends, np.array(unseen))
            seen = Observations(
                np.concatenate([seen.points, ends]),
                np.concatenate([seen.trials, unseen]),
                np.concatenate([seen.values, expected]),
            )
            process = process.given(seen)
        ends, _ = process.predict(
            _at_end(axes.coordinates(positions)), np.arange(len(trials), dtype=np.int64)
        )
        leaders = np.argsort(-ends, kind="stable")[:N_LEADERS]
        near = positions[self._rng.choice(leaders, N_MOVED)]
        candidates = np.concatenate([axes.draw(self._rng, N_DRAWN), axes.move(self._rng, near)])
        mean, deviation = process.predict(
            _at_end(axes.coordinates(candidates)), np.full(len(candidates), -1)
        )
        gain = _expected_improvement(mean, deviation, float(ends.max()))
        tried = {tuple(row) for row in positions}
        order = np.argsort(-gain, kind="stable")
        fresh = next((row for row in order if tuple(candidates[row]) not in tried), order[0])
        return axes.values(candidates[fresh])


def _observe(
    study: Study,
    trials: Sequence[FrozenTrial],
    curves: Sequence[Curve],
    axes: Axes,
    positions: Array,
) -> tuple[Observations, Indices]:
    """The values of all trials; for each coordinate the number of its length scale."""
    longest = max(
        *(int(trial.user_attrs.get(names.EPOCHS) or 0) for trial in trials),
        *(max(curve, default=1) for curve in curves),
        2,
    )
    rows = [
        (row, epoch, value) for row, curve in enumerate(curves) for epoch, value in curve.items()
    ]
    # The latest of each trial first, then the earlier ones, as many as there is room for.
    rows.sort(key=lambda one: (one[1] != max(curves[one[0]]), -one[1], -one[0]))
    rows = sorted(rows[:MAX_OBSERVATIONS])
    index = np.array([row for row, _, _ in rows])
    ends = np.array([_length(trials[row], curves[row], longest) for row in index])
    time = np.log([epoch for _, epoch, _ in rows]) / np.log(longest)
    time = 1.0 + time - np.log(ends) / np.log(longest)
    sign = 1.0 if study.direction is StudyDirection.MAXIMIZE else -1.0
    values = _standardised(sign * np.array([value for _, _, value in rows]))
    points = np.column_stack([axes.coordinates(positions[index]), time])
    groups = np.append(axes.groups, axes.groups.max() + 1)
    return Observations(points, index, values), groups


def _curve(trial: FrozenTrial) -> Curve:
    """The value after 1, 2, 4, 8, ... reports, and the last one; the result counts as the last."""
    reports = [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)]
    if trial.state is TrialState.COMPLETE and trial.values:
        reports = [*reports[:-1], trial.values[0]]
    if trial.state is TrialState.FAIL:
        return {}
    n = len(reports)
    chosen = {2**k for k in range(n.bit_length()) if 2**k <= n} | ({n} if n else set())
    return {
        epoch: reports[epoch - 1] for epoch in sorted(chosen) if math.isfinite(reports[epoch - 1])
    }


def _length(trial: FrozenTrial, curve: Curve, longest: int) -> int:
    if trial.state is TrialState.COMPLETE:
        return max(curve)
    return int(trial.user_attrs.get(names.EPOCHS) or longest)


def _standardised(values: Array) -> Array:
    """Mean 0 and deviation 1, without the depths to which a network can fall."""
    median, best = np.median(values), values.max()
    values = np.maximum(values, median - FLOOR_SPREADS * max(best - median, 1e-12))
    return np.asarray((values - values.mean()) / (values.std() or 1.0))


def _at_end(coordinates: Array) -> Array:
    """Points at each configuration's last epoch, which is at 1 on the axis of time."""
    return np.column_stack([coordinates, np.ones(len(coordinates))])


def _expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return np.asarray(deviation * (z * ndtr(z) + density))
