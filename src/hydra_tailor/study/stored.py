"""Existing studies of a storage: open one, pick a trial of it, find its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from hydra_tailor import names
from hydra_tailor.errors import StudyError
from hydra_tailor.internals.optuna import study_id
from hydra_tailor.storage.opening import missing_file, open_storage, unreachable
from hydra_tailor.storage.passwords import masked


def study_names(storage: str) -> list[str]:
    """Return the names of all studies, at least one, the one with the latest trial first.

    Raises:
        StudyError: the storage does not exist, cannot be reached or holds no study.
    """
    with _existing(storage) as opened:
        started = {
            study.study_name: max(
                (
                    trial.datetime_start
                    for trial in opened.get_all_trials(study_id(study), deepcopy=False)
                    if trial.datetime_start is not None
                ),
                default=None,
            )
            for study in opened.get_all_studies()
        }
    if not started:
        raise StudyError(
            f"{masked(storage)} holds no study yet. Run a search first: python src/train.py -m"
        )
    dated = [(when, name) for name, when in started.items() if when is not None]
    undated = [name for name, when in started.items() if when is None]
    return [name for _, name in sorted(dated, reverse=True)] + sorted(undated)


def open_study(storage: str, name: str | None = None) -> Study:
    """Open an existing study, by default the one whose trial started last.

    Raises:
        StudyError: there is no such study (those that exist are named), or no storage.
    """
    existing = study_names(storage)
    if name is not None and name not in existing:
        raise StudyError(
            f"there is no study {name!r} in {masked(storage)}. These exist: {', '.join(existing)}."
        )
    with _existing(storage) as opened:
        return optuna.load_study(study_name=name or existing[0], storage=opened)


def numbered_trial(study: Study, number: int) -> FrozenTrial:
    """Return the trial with this number.

    Raises:
        StudyError: the study has no such trial.
    """
    trials = study.get_trials(deepcopy=False)
    if not 0 <= number < len(trials):
        exist = f"its trials have the numbers 0 to {len(trials) - 1}" if trials else "it has none"
        raise StudyError(f"study {study.study_name!r} has no trial {number}: {exist}.")
    return trials[number]


def trial_directory(study: Study, trial: FrozenTrial) -> Path:
    """Return a trial's run directory: as the sweep recorded it, or below `multirun/`."""
    recorded = trial.user_attrs.get(names.DIRECTORY)
    return Path(recorded) if recorded else Path("multirun") / study.study_name / str(trial.number)


@contextmanager
def _existing(storage: str) -> Iterator[BaseStorage]:
    """Open a storage for reading: a missing SQLite file is an error and is not created."""
    try:
        if (missing := missing_file(storage)) is not None:
            raise StudyError(
                f"there is no storage at {missing}: no search ran from this directory yet. "
                f"Run one (python src/train.py -m), or set {names.STORAGE_VARIABLE}."
            )
        yield open_storage(storage)
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise unreachable(storage, error) from error
