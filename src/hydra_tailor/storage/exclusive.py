"""One of several processes takes a trial, on SQLite too."""

from __future__ import annotations

import threading
from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import Connection, event

_of_thread = threading.local()


def taken_once(storage: RDBStorage) -> RDBStorage:
    """Let a change of a trial's state begin with SQLite's write lock.

    Optuna reads the state and writes it in one transaction and locks the trial's row meanwhile.
    SQLite has no such locks: two processes both read WAITING, and both take the trial.

    Args:
        storage: on SQLite; changed in place, and returned.
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
    return storage


def _begin(connection: Connection) -> None:
    if getattr(_of_thread, "changes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
