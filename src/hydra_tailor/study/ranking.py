"""The one order of a study's trials, for the sweep and for everything that reads its result."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor.errors import StudyError


def complete(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that have a result."""
    return [trial for trial in trials if trial.state is TrialState.COMPLETE]


def rank(study: Study, trial: FrozenTrial) -> tuple[float, int]:
    """Sort key of a complete trial, ascending from the best.

    The first objective decides; of equal values the earlier trial is better.
    """
    maximize = study.directions[0] is optuna.study.StudyDirection.MAXIMIZE
    return sort_key(trial.values[0], trial.number, maximize=maximize)


def sort_key(value: float, number: int, *, maximize: bool) -> tuple[float, int]:
    """The key behind `rank`, for trials that are plain values."""
    return (-value if maximize else value), number


def ranked(study: Study, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The complete trials, best first."""
    return sorted(complete(trials), key=lambda trial: rank(study, trial))


def best_of(study: Study, trials: Sequence[FrozenTrial] | None = None) -> FrozenTrial:
    """Return the best complete trial.

    Args:
        study: says which direction is better.
        trials: its trials, where they are already read.

    Raises:
        StudyError: no trial is complete.
    """
    known = study.get_trials(deepcopy=False) if trials is None else trials
    order = ranked(study, known)
    if not order:
        states = [trial.state.name.lower() for trial in known]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        raise StudyError(
            f"study {study.study_name!r} has no complete trial ({counts or 'no trial at all'}). "
            "Continue the search: type its command again."
        )
    return order[0]
