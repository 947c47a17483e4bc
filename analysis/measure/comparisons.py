"""Comparison of trials: effects of parameters, cost, epoch budgets, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from analysis.read.study import COMPLETE, PRUNED, Space, StudyView, Trial
from tailor import names


@dataclass(frozen=True)
class Level:
    """The trials with one value of a parameter, or with values in one part of its interval.

    Attributes:
        value: the parameter's value, or the mean of the part.
        value_of_best: the parameter's value in the best of these trials.
        trials: their numbers.
        best, median: of the first objective.
    """

    value: Any
    value_of_best: Any
    trials: tuple[int, ...]
    best: float
    median: float


def effects(view: StudyView, *, groups: int = 4) -> dict[str, list[Level]]:
    """Best and median per level of each searched parameter with at least two levels.

    A continuous parameter is split into `groups` parts with equal numbers of trials. The value of
    a part is its geometric (log scale) or arithmetic mean.
    """
    complete = view.ranked
    table: dict[str, list[Level]] = {}
    for key, space in view.spaces.items():
        members = [trial for trial in complete if key in trial.params]
        levels = [
            _level(key, value, part, maximize=view.maximize[0])
            for value, part in _parts(key, space, members, groups)
        ]
        if len(levels) > 1:
            table[key] = levels
    return table


def _level(key: str, value: Any, part: Sequence[Trial], *, maximize: bool) -> Level:
    best = (max if maximize else min)(part, key=lambda trial: trial.values[0])
    return Level(
        value=value,
        value_of_best=best.params[key],
        trials=tuple(sorted(trial.number for trial in part)),
        best=best.values[0],
        median=median(trial.values[0] for trial in part),
    )


def _parts(
    key: str, space: Space, trials: Sequence[Trial], groups: int
) -> list[tuple[Any, list[Trial]]]:
    if space.levels is not None:
        parts = [(value, [t for t in trials if t.params[key] == value]) for value in space.levels]
        return [(value, part) for value, part in parts if part]
    ordered = sorted(trials, key=lambda trial: float(trial.params[key]))
    chunks = [list(chunk) for chunk in np.array_split(np.arange(len(ordered)), groups)]
    result = []
    for chunk in chunks:
        part = [ordered[index] for index in chunk]
        if not part:
            continue
        values = np.array([float(trial.params[key]) for trial in part])
        mean = np.exp(np.log(values).mean()) if space.log else values.mean()
        result.append((float(mean), part))
    return result


@dataclass(frozen=True)
class SearchCost:
    """What the search cost, and what pruning saved.

    Attributes:
        epochs_saved: epochs that pruned trials did not run.
        seconds_saved: of these epochs, at the speed of each trial.
        seconds_spent: by all trials together.
    """

    complete: int
    pruned: int
    failed: int
    epochs_saved: int
    seconds_saved: float
    seconds_spent: float

    @property
    def pruned_share(self) -> float:
        return self.pruned / max(1, self.complete + self.pruned)


def search_cost(view: StudyView, *, default_epochs: int) -> SearchCost:
    """Count trials by state and the epochs and seconds that pruning saved.

    Args:
        default_epochs: epochs of a trial in a study that does not search the number of epochs.
    """
    epochs_saved, seconds_saved = 0, 0.0
    seconds = {trial.number: seconds_of(trial) for trial in view.trials}
    begun = [trial.began_with for trial in view.trials if trial.began_with in seconds]
    pruned = [trial for trial in view.in_state(PRUNED) if trial.number not in begun]
    for trial in pruned:
        epochs_run = epochs_of(trial)
        budget = int(trial.params.get("training.epochs", default_epochs))
        missing = max(0, budget - epochs_run)
        epochs_saved += missing
        if epochs_run:
            seconds_saved += missing * seconds_of(trial) / epochs_run
    return SearchCost(
        complete=len(view.in_state(COMPLETE)),
        pruned=len(pruned),
        failed=len(view.in_state("fail")),
        epochs_saved=epochs_saved,
        seconds_saved=seconds_saved,
        seconds_spent=sum(seconds.values()) - sum(seconds[number] for number in begun),
    )


def epochs_of(trial: Trial) -> int:
    """Number of epochs run, 0 if unknown."""
    return len(trial.history) or int(trial.facts.get(names.EPOCHS_RUN, 0))


def seconds_of(trial: Trial) -> float:
    """Seconds of training and validation, 0 if unknown."""
    if names.SECONDS in trial.facts:
        return float(trial.facts[names.SECONDS])
    return float(sum(row[names.SECONDS] for row in trial.history))


@dataclass(frozen=True)
class Budget:
    """The trial that represents an epoch budget, and the number of trials with this budget."""

    epochs: int
    trial: Trial
    count: int


def budgets(view: StudyView, chosen: Trial) -> tuple[list[Budget], bool]:
    """Select one trial per epoch budget for comparison.

    Returns:
        One entry per budget, in ascending order, and whether all of them differ from `chosen` only
        in their epochs. If the study has no such trials, the best trial represents each budget.
    """
    key = "training.epochs"
    by_epochs: dict[int, list[Trial]] = {}
    for trial in view.ranked:
        if key in trial.params:
            by_epochs.setdefault(int(trial.params[key]), []).append(trial)

    def other_settings(trial: Trial) -> dict[str, Any]:
        return {name: value for name, value in trial.params.items() if name != key}

    equals = {
        epochs: [trial for trial in trials if other_settings(trial) == other_settings(chosen)]
        for epochs, trials in by_epochs.items()
    }
    equal = len(by_epochs) > 1 and all(equals.values())
    picked = equals if equal else by_epochs
    return [
        Budget(epochs=epochs, trial=picked[epochs][0], count=len(by_epochs[epochs]))
        for epochs in sorted(by_epochs)
    ], equal


def front(view: StudyView) -> list[Trial]:
    """Return the complete trials that no other dominates, ranked by the first objective."""
    complete = view.ranked
    costs = {trial.number: _costs(view, trial) for trial in complete}

    def dominated(trial: Trial) -> bool:
        own = costs[trial.number]
        return any(bool(np.all(other <= own) and np.any(other < own)) for other in costs.values())

    return [trial for trial in complete if not dominated(trial)]


def knee(view: StudyView, trials: Sequence[Trial]) -> Trial:
    """Return the best compromise on a Pareto front.

    Objectives are scaled to [0, 1] over the front. The knee is the trial closest to the point at
    which every objective has its best value.
    """
    costs = np.array([_costs(view, trial) for trial in trials])
    span = np.ptp(costs, axis=0)
    scaled = (costs - costs.min(axis=0)) / np.where(span > 0, span, 1)
    return trials[int(np.linalg.norm(scaled, axis=1).argmin())]


def _costs(view: StudyView, trial: Trial) -> np.ndarray:
    signs = [-1.0 if maximized else 1.0 for maximized in view.maximize]
    return np.array([sign * value for sign, value in zip(signs, trial.values, strict=True)])
