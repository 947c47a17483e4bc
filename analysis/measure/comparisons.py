"""Comparing trials: effects of parameters, cost, epoch budgets, the Pareto front."""

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
    """What trials with one value of a parameter, or one part of its values, came to.

    Attributes:
        value: the parameter's; the mean of a part.
        at: the value that the best of the trials had.
        best, median: of the first objective.
    """

    value: Any
    at: Any
    trials: tuple[int, ...]
    best: float
    median: float


def effects(view: StudyView, *, groups: int = 4) -> dict[str, list[Level]]:
    """Best and median value by level of each searched parameter that took two values or more.

    A continuous parameter is cut into `groups` parts of equal count; their value is the geometric
    (log scale) or arithmetic mean of the part.
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
        at=best.params[key],
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
class Economy:
    """What pruning did.

    Attributes:
        epochs_saved: epochs that pruned trials did not run.
        seconds_saved: those epochs at each trial's own pace.
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


def economy(view: StudyView, *, default_epochs: int) -> Economy:
    """Count trials by state, and the training that pruning saved.

    Args:
        default_epochs: epochs of a trial in a study that does not search their number.
    """
    epochs_saved, seconds_saved = 0, 0.0
    for trial in view.in_state(PRUNED):
        run = epochs_of(trial)
        budget = int(trial.params.get("training.epochs", default_epochs))
        missing = max(0, budget - run)
        epochs_saved += missing
        if run:
            seconds_saved += missing * seconds_of(trial) / run
    return Economy(
        complete=len(view.in_state(COMPLETE)),
        pruned=len(view.in_state(PRUNED)),
        failed=len(view.in_state("fail")),
        epochs_saved=epochs_saved,
        seconds_saved=seconds_saved,
        seconds_spent=sum(seconds_of(trial) for trial in view.trials),
    )


def epochs_of(trial: Trial) -> int:
    """Epochs that were run, 0 where nothing is known."""
    return len(trial.history) or int(trial.facts.get(names.EPOCHS_RUN, 0))


def seconds_of(trial: Trial) -> float:
    """Seconds of training and validation, 0 where nothing is known."""
    if names.SECONDS in trial.facts:
        return float(trial.facts[names.SECONDS])
    return float(sum(row[names.SECONDS] for row in trial.history))


@dataclass(frozen=True)
class Budget:
    """Trials of one number of epochs, and how they were picked for comparison."""

    epochs: int
    trial: Trial
    count: int


def budgets(view: StudyView, chosen: Trial) -> tuple[list[Budget], bool]:
    """Compare epoch budgets: for each one the trial that stands for it.

    Returns:
        One entry a budget, in ascending order, and whether all of them differ from `chosen` in
        the epochs alone. Where the study holds no such set, each budget's best trial stands for
        it, with settings of its own.
    """
    key = "training.epochs"
    by_epochs: dict[int, list[Trial]] = {}
    for trial in view.ranked:
        if key in trial.params:
            by_epochs.setdefault(int(trial.params[key]), []).append(trial)

    def rest(trial: Trial) -> dict[str, Any]:
        return {name: value for name, value in trial.params.items() if name != key}

    twins = {
        epochs: [trial for trial in trials if rest(trial) == rest(chosen)]
        for epochs, trials in by_epochs.items()
    }
    equal = len(by_epochs) > 1 and all(twins.values())
    picked = twins if equal else by_epochs
    return [
        Budget(epochs=epochs, trial=picked[epochs][0], count=len(by_epochs[epochs]))
        for epochs in sorted(by_epochs)
    ], equal


def front(view: StudyView) -> list[Trial]:
    """Return the complete trials that no other beats in every objective, by first objective."""
    complete = view.ranked
    costs = {trial.number: _costs(view, trial) for trial in complete}

    def beaten(trial: Trial) -> bool:
        mine = costs[trial.number]
        return any(
            bool(np.all(other <= mine) and np.any(other < mine)) for other in costs.values()
        )

    return [trial for trial in complete if not beaten(trial)]


def knee(view: StudyView, trials: Sequence[Trial]) -> Trial:
    """Return the trial of a front that gives up least at once.

    Objectives are scaled to [0, 1] over the front; the knee is nearest to the corner where all
    are at their best.
    """
    costs = np.array([_costs(view, trial) for trial in trials])
    span = np.ptp(costs, axis=0)
    scaled = (costs - costs.min(axis=0)) / np.where(span > 0, span, 1)
    return trials[int(np.linalg.norm(scaled, axis=1).argmin())]


def _costs(view: StudyView, trial: Trial) -> np.ndarray:
    signs = [-1.0 if up else 1.0 for up in view.maximize]
    return np.array([sign * value for sign, value in zip(signs, trial.values, strict=True)])
