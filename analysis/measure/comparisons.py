"""Comparison of trials: effects of parameters, cost, epoch budgets, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import yaml

from analysis.measure.paired import Comparison
from analysis.read.study import COMPLETE, Space, StudyView, Trial
from tailor import names

MIN_TRIALS_FOR_MEDIAN = 3
"""With fewer complete trials, a level has no median."""
MAX_PRUNED_SHARE = 0.25
"""If more of a level's trials were pruned, the complete ones are survivors: it has no median."""

EPOCHS = "training.epochs"
"""Key of the number of epochs, where it is searched."""
AUGMENT = "augment"
"""Key of the augmentation, where it is searched."""


@dataclass(frozen=True)
class Level:
    """The trials with one value of a parameter, or with values in one part of its interval.

    Attributes:
        value: the parameter's value, or the mean of the part.
        trials: numbers of the complete trials, best first.
        pruned: number of pruned trials.
        median: of the first objective; None where it would describe too few or selected trials.
    """

    value: Any
    trials: tuple[int, ...]
    pruned: int
    median: float | None


def effects(view: StudyView, *, groups: int = 4) -> dict[str, list[Level]]:
    """The trials and the median of each level of each searched parameter with several levels.

    A continuous parameter is split into `groups` parts with equal numbers of complete trials. The
    value of a part is its geometric (log scale) or arithmetic mean.
    """
    table: dict[str, list[Level]] = {}
    for key, space in view.spaces.items():
        complete = [trial for trial in view.distinct if key in trial.params]
        pruned = [trial for trial in view.pruned if key in trial.params]
        levels = _levels(key, space, complete, pruned, groups)
        if len(levels) > 1:
            table[key] = levels
    return table


def _levels(
    key: str, space: Space, complete: Sequence[Trial], pruned: Sequence[Trial], groups: int
) -> list[Level]:
    if space.levels is not None:
        return [
            _level(value, part, sum(trial.params[key] == value for trial in pruned))
            for value in space.levels
            if (part := [trial for trial in complete if trial.params[key] == value])
        ]
    ranks = {trial.number: rank for rank, trial in enumerate(complete)}
    ordered = sorted(complete, key=lambda trial: float(trial.params[key]))
    chunks = [chunk for chunk in np.array_split(np.arange(len(ordered)), groups) if len(chunk)]
    # A part reaches to the midpoint between its last trial and the next part's first one.
    ends = [
        (float(ordered[chunk[-1]].params[key]) + float(ordered[chunk[-1] + 1].params[key])) / 2
        for chunk in chunks[:-1]
    ]
    part_of = np.searchsorted(ends, [float(trial.params[key]) for trial in pruned])
    levels = []
    for index, chunk in enumerate(chunks):
        part = sorted((ordered[i] for i in chunk), key=lambda trial: ranks[trial.number])
        values = np.array([float(trial.params[key]) for trial in part])
        mean = np.exp(np.log(values).mean()) if space.log else values.mean()
        levels.append(_level(float(mean), part, int((part_of == index).sum())))
    return levels


def _level(value: Any, part: Sequence[Trial], pruned: int) -> Level:
    """A level of complete trials in the order of their ranks."""
    few = len(part) < MIN_TRIALS_FOR_MEDIAN
    selected = pruned > MAX_PRUNED_SHARE * (len(part) + pruned)
    return Level(
        value=value,
        trials=tuple(trial.number for trial in part),
        pruned=pruned,
        median=None if few or selected else median(trial.values[0] for trial in part),
    )


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
    for trial in view.pruned:
        epochs_run = epochs_of(trial)
        budget = int(trial.params.get(EPOCHS, default_epochs))
        missing = max(0, budget - epochs_run)
        epochs_saved += missing
        if epochs_run:
            seconds_saved += missing * seconds_of(trial) / epochs_run
    return SearchCost(
        complete=len(view.in_state(COMPLETE)),
        pruned=len(view.pruned),
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
    """An epoch budget.

    Attributes:
        trial: the trial that represents it.
        complete, pruned: numbers of trials with this budget.
        trained: whether the analysis trained it; `trial` then holds its result and history under
            the number of the analysed trial.
    """

    epochs: int
    trial: Trial
    complete: int
    pruned: int
    trained: bool = False


@dataclass(frozen=True)
class BudgetComparison:
    """One trial per epoch budget, in ascending order of the budgets.

    Attributes:
        equal: whether all of these trials differ only in their epochs. Otherwise each is the best
            of its budget, and differences cannot be attributed to the epochs.
        best: the budget whose trial ranks first.
        test: accuracies of `best` and `reference` on the validation images, if `equal` and both
            trials have weights.
    """

    budgets: tuple[Budget, ...] = ()
    equal: bool = False
    best: Budget | None = None
    test: Comparison | None = None

    @property
    def reference(self) -> Budget:
        """The budget to compare the best with: the largest, or else the second largest."""
        return self.budgets[-2 if self.best is self.budgets[-1] else -1]


def budgets(view: StudyView, chosen: Trial) -> BudgetComparison:
    """Select one trial per epoch budget for comparison.

    The trials differ from `chosen` only in their epochs, if the study has such trials for every
    budget. Otherwise the best trial represents each budget.
    """
    by_epochs: dict[int, list[Trial]] = {}
    for trial in view.distinct:
        if EPOCHS in trial.params:
            by_epochs.setdefault(int(trial.params[EPOCHS]), []).append(trial)
    if len(by_epochs) < 2:
        return BudgetComparison()

    def other_settings(trial: Trial) -> dict[str, Any]:
        return {name: value for name, value in trial.params.items() if name != EPOCHS}

    equals = {
        epochs: [trial for trial in trials if other_settings(trial) == other_settings(chosen)]
        for epochs, trials in by_epochs.items()
    }
    equal = all(equals.values())
    picked = equals if equal else by_epochs
    pruned = [int(trial.params[EPOCHS]) for trial in view.pruned if EPOCHS in trial.params]
    compared = tuple(
        Budget(epochs, picked[epochs][0], len(by_epochs[epochs]), pruned.count(epochs))
        for epochs in sorted(by_epochs)
    )
    best = min(compared, key=lambda budget: view.position(budget.trial))
    return BudgetComparison(compared, equal, best)


@dataclass(frozen=True)
class AugmentationComparison:
    """The best trial with augmentation and the best one without.

    Attributes:
        equal: whether the two differ only in the augmentation. Otherwise each is the best of its
            kind, and their difference cannot be attributed to augmentation.
        num_augmented, num_plain: complete trials of each kind.
        test: `augmented` against `plain` on the validation images, if both have weights.
    """

    augmented: Trial
    plain: Trial
    equal: bool
    num_augmented: int
    num_plain: int
    test: Comparison | None = None


def with_and_without(view: StudyView) -> AugmentationComparison | None:
    """Compare augmentation with none; None unless complete trials of the study have both.

    A pair that differs only in the augmentation is preferred; of several, the one with the best
    trial.
    """
    trials = [trial for trial in view.distinct if AUGMENT in trial.params]
    augmented = [trial for trial in trials if _augments(trial.params[AUGMENT])]
    plain = [trial for trial in trials if not _augments(trial.params[AUGMENT])]
    if not augmented or not plain:
        return None
    pair = _equal_pair(trials, augmented, plain)
    first, second = pair or (augmented[0], plain[0])
    return AugmentationComparison(first, second, pair is not None, len(augmented), len(plain))


def _augments(choice: Any) -> bool:
    """Whether an override of the config group switches anything on: `['none']` does not."""
    steps = yaml.safe_load(str(choice)) or []
    return any(step != "none" for step in ([steps] if isinstance(steps, str) else steps))


def _equal_pair(
    trials: Sequence[Trial], augmented: Sequence[Trial], plain: Sequence[Trial]
) -> tuple[Trial, Trial] | None:
    for trial in trials:  # best first
        others = plain if trial in augmented else augmented
        for other in others:
            if _other_settings(trial) == _other_settings(other):
                return (trial, other) if trial in augmented else (other, trial)
    return None


def _other_settings(trial: Trial) -> dict[str, Any]:
    return {key: value for key, value in trial.params.items() if key.split(".")[0] != AUGMENT}


def front(view: StudyView) -> list[Trial]:
    """Return the complete trials that no other dominates, ranked by the first objective.

    Of trials that repeat each other, the first one is returned.
    """
    complete = view.distinct
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
