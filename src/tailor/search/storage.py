"""Opening an Optuna storage, the same way in the process that searches and in every job."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tailor import names
from tailor.errors import StudyError
from tailor.targets import build

DEFAULT_STORAGE = "sqlite:///multirun/tailor.db"
SQLITE_WAIT = 60  # seconds that a writer waits for another one
HEARTBEAT = 20  # seconds between two signs of life of a running trial
HEARTBEAT_GRACE = 60  # seconds of silence after which a trial is taken for abandoned


def storage_url() -> str:
    """Return the storage that `TAILOR_STORAGE` names, or the file that a sweep makes."""
    return os.environ.get(names.STORAGE_VARIABLE, DEFAULT_STORAGE)


def masked(storage: str | Mapping[str, Any]) -> str:
    """Return the storage's URL, safe to print: its password as three stars."""
    if not isinstance(storage, str):
        return str(storage.get("_target_"))
    try:
        return make_url(storage).render_as_string(hide_password=True)
    except ArgumentError:
        return storage


def absolute(storage: str) -> str:
    """Return a URL that means the same from every working directory."""
    try:
        url = make_url(storage)
    except ArgumentError:
        return storage
    if not url.drivername.startswith("sqlite") or url.database in (None, "", ":memory:"):
        return storage
    path = Path(str(url.database)).absolute()
    return url.set(database=str(path)).render_as_string(hide_password=False)


def open_storage(storage: str | Mapping[str, Any]) -> BaseStorage:
    """Open a storage; a process opens each one once.

    Args:
        storage: a SQLAlchemy URL, or a mapping whose `_target_` builds a `BaseStorage`. The file
            of a SQLite URL is created where it is missing.

    Raises:
        StudyError: the storage cannot be reached.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Argument ``heartbeat_interval``")
        if isinstance(storage, str):
            return _open_url(absolute(storage))
        return _open_target(json.dumps(dict(storage), sort_keys=True))


@functools.lru_cache(maxsize=8)
def _open_target(storage: str) -> BaseStorage:
    built = build("hydra.sweeper.storage", json.loads(storage))
    if not isinstance(built, BaseStorage):
        raise StudyError(
            "`hydra.sweeper.storage` must be a URL or build an optuna.storages.BaseStorage, got a "
            f"{type(built).__name__}."
        )
    return built


@functools.lru_cache(maxsize=8)
def _open_url(storage: str) -> BaseStorage:
    try:
        url = make_url(storage)
        if url.drivername.startswith("sqlite"):
            return _open_sqlite(storage, url.database)
        return optuna.storages.get_storage(
            RDBStorage(
                storage,
                engine_kwargs={"pool_pre_ping": True},
                heartbeat_interval=HEARTBEAT,
                grace_period=HEARTBEAT_GRACE,
            )
        )
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, ImportError) as error:
        raise unreachable(storage, error) from error


def _open_sqlite(storage: str, database: str | None) -> BaseStorage:
    if not database or database == ":memory:":
        raise StudyError(
            "a search needs a storage that its jobs can reach, and a SQLite database in memory "
            "is not one. Name a file, as in sqlite:///multirun/tailor.db, or leave "
            "hydra.sweeper.storage at null for a file in the sweep's directory."
        )
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unreachable(storage, error) from error
    connect = functools.partial(_connect_sqlite, database)
    with FileLock(f"{database}.lock"):  # two processes must not create the tables at once
        return optuna.storages.get_storage(RDBStorage(storage, engine_kwargs={"creator": connect}))


def _connect_sqlite(database: str) -> sqlite3.Connection:
    """Connect with a write-ahead log: readers and the writer do not block each other."""
    connection = sqlite3.connect(database, timeout=SQLITE_WAIT, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def unreachable(storage: str | Mapping[str, Any], error: BaseException) -> StudyError:
    """The error to raise for a storage that gave `error`; the password stays out of it."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if isinstance(storage, str):
        try:
            password = make_url(storage).password
        except ArgumentError:
            password = None
        if password:
            reason = reason.replace(str(password), "***")
    return StudyError(
        f"the storage {masked(storage)} cannot be reached: {reason}. Check "
        f"{names.STORAGE_VARIABLE} (or hydra.sweeper.storage) and that the database runs."
    )
