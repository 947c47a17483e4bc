"""Studies that a storage holds: open one, pick a trial of it, find its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from tailor import names
from tailor.errors import StudyError
from tailor.search.password import masked, parsed
from tailor.search.storage import open_storage, unreachable


def study_names(storage: str) -> list[str]:
    """Return the names of all studies, the one with the latest trial first.

    Raises:
        StudyError: the storage does not exist or cannot be reached.
    """
    with _existing(storage) as opened:
        started = {
            study.study_name: max(
                (
                    trial.datetime_start
                    for trial in opened.get_all_trials(study._study_id, deepcopy=False)
                    if trial.datetime_start is not None
                ),
                default=None,
            )
            for study in opened.get_all_studies()
        }
    dated = [(when, name) for name, when in started.items() if when is not None]
    undated = [name for name, when in started.items() if when is None]
    return [name for _, name in sorted(dated, reverse=True)] + sorted(undated)


def open_study(storage: str, name: str | None = None) -> Study:
    """Open an existing study, by default the one whose trial started last.

    Raises:
        StudyError: there is no such study (those that exist are named), or no storage.
    """
    existing = study_names(storage)
    if not existing:
        raise StudyError(
            f"{masked(storage)} holds no study yet. Run a search first: python src/train.py -m"
        )
    if name is not None and name not in existing:
        raise StudyError(
            f"there is no study {name!r} in {masked(storage)}. These exist: {', '.join(existing)}."
        )
    with _existing(storage) as opened:
        return optuna.load_study(study_name=name or existing[0], storage=opened)


def best_trial(study: Study) -> FrozenTrial:
    """Return the completed trial with the best value; of several objectives, the first decides.

    Raises:
        StudyError: no trial is complete.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        states = [trial.state.name.lower() for trial in study.get_trials(deepcopy=False)]
        counts = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        raise StudyError(
            f"study {study.study_name!r} has no complete trial ({counts or 'no trial at all'}). "
            f"Go on with it: python src/train.py -m study={study.study_name}"
        )
    sign = 1 if study.directions[0] == optuna.study.StudyDirection.MAXIMIZE else -1
    return max(complete, key=lambda trial: (sign * trial.values[0], -trial.number))


def numbered_trial(study: Study, number: int) -> FrozenTrial:
    """Return the trial with this number.

    Raises:
        StudyError: the study has no such trial.
    """
    trials = study.get_trials(deepcopy=False)
    if not 0 <= number < len(trials):
        raise StudyError(
            f"study {study.study_name!r} has no trial {number}; its {len(trials)} trials have the "
            f"numbers 0 to {len(trials) - 1}."
        )
    return trials[number]


def trial_directory(study: Study, trial: FrozenTrial) -> Path:
    """Return where the files of a trial lie: where the sweep said, or below `multirun/`."""
    recorded = trial.user_attrs.get(names.DIRECTORY)
    return Path(recorded) if recorded else Path("multirun") / study.study_name / str(trial.number)


@contextmanager
def _existing(storage: str) -> Iterator[BaseStorage]:
    """Open a storage that is only looked at: a missing SQLite file is an error, not a new one."""
    try:
        url = parsed(storage)
        if (
            url is not None
            and url.drivername.startswith("sqlite")
            and not Path(url.database or "").exists()
        ):
            raise StudyError(
                f"there is no storage at {url.database}: no search ran from this directory yet. "
                f"Run one (python src/train.py -m), or set {names.STORAGE_VARIABLE}."
            )
        yield open_storage(storage)
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise unreachable(storage, error) from error
