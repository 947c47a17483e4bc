"""Compare-and-set on every storage: only one of several processes takes a trial or adds one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, event

from hydra_tailor import names
from hydra_tailor.internals.optuna import PREPARE_TRIAL

S = TypeVar("S", bound=BaseStorage)

_of_thread = threading.local()


class OutOfTurn(KeyError):
    """Another process added a trial first. Optuna's proxy passes on only a `KeyError`."""


def exclusive(storage: S, file: Path | None = None) -> S:
    """Let only one of several processes take a trial, and only one add the next.

    A trial whose system attributes have `names.NUMBER` is added with that number, or not at all:
    then its creation raises `OutOfTurn`, or the `KeyError` that Optuna's proxy turns it into.

    Args:
        storage: changed in place, and returned.
        file: the file of a storage that is not a database; the lock file is next to it. Without a
            file, such a storage is left as it is.
    """
    if isinstance(storage, RDBStorage):
        if storage.engine.dialect.name == "sqlite":
            _take_once(storage)
        _add_in_turn(storage)
    elif file is not None:
        _add_under_lock(storage, FileLock(f"{file}.add.lock"))
    return storage


def _take_once(storage: RDBStorage) -> None:
    """Make a change of a trial's state begin with SQLite's write lock.

    Optuna reads the state and writes it in one transaction and locks the trial's row meanwhile.
    SQLite has no row locks: two processes would both read WAITING, and both take the trial.
    """
    change = storage.set_trial_state_values

    def set_trial_state_values(*args: Any, **kwargs: Any) -> bool:
        _of_thread.changes = True
        try:
            return change(*args, **kwargs)
        finally:
            _of_thread.changes = False

    event.listen(storage.engine, "begin", _begin)
    storage.set_trial_state_values = set_trial_state_values  # type: ignore[method-assign]


def _begin(connection: Connection) -> None:
    if getattr(_of_thread, "changes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _add_in_turn(storage: RDBStorage) -> None:
    """Check a new trial's number within the transaction that adds it, which locks the study."""
    prepare = getattr(storage, PREPARE_TRIAL)

    def prepare_in_turn(study_id: int, template: FrozenTrial | None, session: Any) -> Any:
        trial = prepare(study_id, template, session)
        _refuse_other_number(template, trial.number)
        return trial

    setattr(storage, PREPARE_TRIAL, prepare_in_turn)


def _add_under_lock(storage: BaseStorage, lock: FileLock) -> None:
    create = storage.create_new_trial

    def create_new_trial(study_id: int, template_trial: FrozenTrial | None = None) -> int:
        with lock:
            _refuse_other_number(template_trial, storage.get_n_trials(study_id))
            return create(study_id, template_trial)

    storage.create_new_trial = create_new_trial  # type: ignore[method-assign]


def _refuse_other_number(template: FrozenTrial | None, number: int) -> None:
    wanted = number if template is None else template.system_attrs.get(names.NUMBER, number)
    if wanted != number:
        raise OutOfTurn(f"the study has {number} trials by now")
