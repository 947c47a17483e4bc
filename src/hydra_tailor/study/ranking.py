"""The one order of a study's trials, for the sweep and for everything that reads its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import StudyError

Place = Callable[[int], tuple[bool, float, int]]
"""Sort key of trials' numbers, best first."""


def complete(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials, without those that confirm another one."""
    return [
        trial
        for trial in trials
        if trial.state is TrialState.COMPLETE and names.CONFIRMS not in trial.user_attrs
    ]


def confirmations(trials: Sequence[FrozenTrial]) -> dict[tuple[int, int], FrozenTrial]:
    """The runs that repeat a trial with another seed, by that trial's number and the seed.

    If two processes created the same run at once, the first counts. A run that was ended before it
    began is left out.
    """
    runs: dict[tuple[int, int], FrozenTrial] = {}
    for trial in trials:
        known = trial.user_attrs
        if names.CONFIRMS not in known:
            continue
        withdrawn = trial.state.is_finished() and trial.datetime_start is None
        if not withdrawn:
            runs.setdefault((known[names.CONFIRMS], known[names.SEED]), trial)
    return runs


def further_values(trials: Sequence[FrozenTrial]) -> dict[int, list[float]]:
    """The values that trials reached with other seeds, by their numbers."""
    values: dict[int, list[float]] = {}
    for (number, _), run in confirmations(trials).items():
        if run.state is TrialState.COMPLETE:
            values.setdefault(number, []).append(run.values[0])
    return values


def maximizes(study: Study) -> bool:
    """Whether more is better in the first objective."""
    return study.directions[0] is optuna.study.StudyDirection.MAXIMIZE


def mean(values: Sequence[float]) -> float:
    """The mean; NaN where both infinities are among the values."""
    return sum(values) / len(values)


def as_searched(trials: Sequence[FrozenTrial], *, maximize: bool) -> list[FrozenTrial]:
    """The complete trials, best first, by the values with which the search chose them.

    Runs with other seeds change nothing here.
    """
    values = {trial.number: trial.values[0] for trial in complete(trials)}
    return [trials[number] for number in order_of(values, {}, maximize=maximize)]


def order_of(
    values: Mapping[int, float], further: Mapping[int, Sequence[float]], *, maximize: bool
) -> list[int]:
    """The numbers of complete trials, best first; of equal trials the earlier one is better.

    Trials that were trained again with other seeds, and those that seemed no worse than one of
    these, are ordered by the mean of all their values. They rank above all other trials: the best
    of many single values is partly luck.

    Args:
        values: each trial's value in the first objective.
        further: a trial's values with other seeds, if there are any.
        maximize: whether more is better.
    """
    return sorted(values, key=_place(values, further, maximize=maximize))


def _place(
    values: Mapping[int, float], further: Mapping[int, Sequence[float]], *, maximize: bool
) -> Place:
    """The sort key of trials' numbers."""
    sign = -1.0 if maximize else 1.0
    again = [sign * values[number] for number in further if number in values]
    limit = max(again, default=math.inf)
    means = {n: mean([values[n], *others]) for n, others in further.items() if n in values}

    def place(number: int) -> tuple[bool, float, int]:
        value = values[number]
        worth = sign * means.get(number, value)
        return sign * value > limit, math.inf if math.isnan(worth) else worth, number

    return place


def ranked(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials, best first."""
    known, place = _places(study, trials)
    return [known[number] for number in sorted(known, key=place)]


def first_ranked(study: Study, trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """The first of `ranked`, without sorting the others; None: no trial is complete."""
    known, place = _places(study, trials)
    return known[min(known, key=place)] if known else None


def _places(study: Study, trials: Sequence[FrozenTrial]) -> tuple[dict[int, FrozenTrial], Place]:
    """The complete trials by number, and the sort key of the numbers."""
    known = {trial.number: trial for trial in complete(trials)}
    values = {number: trial.values[0] for number, trial in known.items()}
    return known, _place(values, further_values(trials), maximize=maximizes(study))


def best_of(study: Study, trials: Sequence[FrozenTrial] | None = None) -> FrozenTrial:
    """Return the best complete trial.

    Args:
        study: defines the better direction.
        trials: the study's trials, if they are already read.

    Raises:
        StudyError: no trial is complete.
    """
    known = study.get_trials(deepcopy=False) if trials is None else trials
    best = first_ranked(study, known)
    if best is None:
        states = [trial.state.name.lower() for trial in known]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        raise StudyError(
            f"study {study.study_name!r} has no complete trial ({counts or 'no trial at all'}). "
            "Continue its search first."
        )
    return best
