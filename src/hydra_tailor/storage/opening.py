"""Opening an Optuna storage, the same way in the process that searches and in every job."""

from __future__ import annotations

import functools
import json
import os
import socket
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from hydra_tailor import names
from hydra_tailor.errors import StudyError
from hydra_tailor.instantiate import build
from hydra_tailor.internals.optuna import behind_cache
from hydra_tailor.storage.exclusive import exclusive
from hydra_tailor.storage.forking import not_while_forking
from hydra_tailor.storage.passwords import masked, parsed, secrets_of, with_password
from hydra_tailor.storage.retry import Retry, connection_is_lost, reason_of, retrying
from hydra_tailor.storage.unusable import cannot_be_used, identity, saying_what_is_wrong

TRUSTED = ("optuna.storages.*",)
FILE_KEYS = ("file_path", "filepath")
"""Arguments of Optuna's journal and its locks that are paths."""
SQLITE_BUSY_TIMEOUT_SECONDS = 60
HEARTBEAT_SECONDS = 20
GRACE_PERIOD_SECONDS = 60
"""After this long without a heartbeat, a trial is abandoned."""
MAX_OPEN_STORAGES = 8
_Place = tuple[int, tuple[int, int] | None]
"""The process, since a forked one would wait for locks that its parent held, and the identity of
the file, since another file of its name is another storage."""

# In seconds, but `tcp_user_timeout` in ms: a lost server is noticed within half a minute.
POSTGRES_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
MYSQL_CONNECTION = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
CONNECTION = {
    "psycopg": POSTGRES_CONNECTION,
    "psycopg2": POSTGRES_CONNECTION,
    "pymysql": MYSQL_CONNECTION,
}
# The locks of a host that died within a transaction would last until the network times out.
POSTGRES_SESSION = "SET idle_in_transaction_session_timeout = '30s'"
EXCLUSIVE_LOCK = {
    "postgresql": "SELECT pg_advisory_xact_lock(746169)",
    "mysql": "SELECT GET_LOCK('tailor', 60)",
    "mariadb": "SELECT GET_LOCK('tailor', 60)",
}
# Words in the error of a refused connection that retrying cannot fix.
PERMANENT = ("password", "authentication", "pg_hba.conf", "does not exist", "Access denied")


def storage_url() -> str:
    """Return the storage that `TAILOR_STORAGE` names, or the default file."""
    return os.environ.get(names.STORAGE_VARIABLE) or names.DEFAULT_STORAGE


def absolute(storage: Any) -> Any:
    """Return a storage (a URL, or the config of an object) with absolute paths."""
    if isinstance(storage, Mapping):
        files = {key: storage[key] for key in FILE_KEYS if isinstance(storage.get(key), str)}
        return {
            **{key: absolute(value) for key, value in storage.items()},
            **{key: str(Path(file).absolute()) for key, file in files.items()},
        }
    if (file := database_file(storage)) is None:
        return storage
    url = make_url(storage).set(database=str(file.absolute()))
    return url.render_as_string(hide_password=False)


def database_file(storage: Any) -> Path | None:
    """The file of a SQLite URL; None for any other storage."""
    url = _sqlite_url(storage)
    if url is None or url.host or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _sqlite_url(storage: Any) -> URL | None:
    url = parsed(storage) if isinstance(storage, str) else None
    return url if url is not None and url.drivername.startswith("sqlite") else None


def open_storage(storage: str | Mapping[str, Any], *, wait: bool = False) -> BaseStorage:
    """Open a storage, once per process. Its calls are retried while a database restarts.

    Args:
        storage: a SQLAlchemy URL, or a mapping whose `_target_` builds a `BaseStorage`. The file
            of a SQLite URL is created where it is missing. The password may be left to
            `TAILOR_STORAGE` or to the database's own client.
        wait: also retry opening while the database is away.

    Raises:
        StudyError: the storage cannot be reached. The storage's calls raise `StorageAway` once it
            cannot be used any more.
    """
    retry = Retry(masked(storage), _may_come_back) if wait else None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        full = absolute(with_password(storage))
        open_it: Callable[[str, _Place], BaseStorage]
        if isinstance(full, str):
            _refuse_odd_sqlite_url(str(storage))
            open_it, key = _open_url, full
        else:
            open_it, key = _open_target, json.dumps(full, sort_keys=True)
        place = _place_of(full)
        return retry.call(open_it, key, place) if retry else open_it(key, place)


def _refuse_odd_sqlite_url(storage: str) -> None:
    url = _sqlite_url(storage)
    if url is not None and url.host:
        path = "/".join(filter(None, (url.host, url.database)))
        raise StudyError(
            f"the storage {masked(storage)} must have three slashes before the path of its file: "
            f"{url.drivername}:///{path}"
        )
    if url is not None and (url.query or (url.database or "").startswith("file:")):
        raise StudyError(
            f"the storage {masked(storage)} must be sqlite:/// and the path of a file, without "
            "parameters: a search needs its own settings of the connection."
        )


def _place_of(storage: Any) -> _Place:
    """Where a storage is opened; the missing file of a SQLite URL is created."""
    file = _stored_in(storage)
    if file is not None and not file.exists():
        if isinstance(storage, str):
            _create(storage, file)
        else:
            _open_target.cache_clear()  # one that was opened before was deleted
    return os.getpid(), None if file is None else identity(file)


def _stored_in(storage: Any) -> Path | None:
    """The file of a SQLite URL or of a journal, also of one in the config of a storage."""
    if isinstance(storage, Mapping):
        return _file_of(storage) or database_file(storage.get("url"))
    return database_file(storage)


def _create(storage: str, file: Path) -> None:
    """Create an empty SQLite database."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError as error:
        raise unreachable(storage, error) from error


def _file_of(config: Any) -> Path | None:
    """The file that the config of a storage names, at any depth."""
    if not isinstance(config, Mapping):
        return None
    for key, value in config.items():
        if key in FILE_KEYS and isinstance(value, str):
            return Path(value)
        if (file := _file_of(value)) is not None:
            return file
    return None


def missing_file(storage: str | Mapping[str, Any]) -> Path | None:
    """The file of a SQLite URL that does not exist: opening the storage would create it."""
    file = database_file(storage)
    return None if file is None or file.exists() else file


def set_grace_period(storage: BaseStorage, seconds: int) -> None:
    """Set the silence after which a trial is abandoned; three heartbeats fit into it."""
    backend = behind_cache(storage)
    if isinstance(backend, RDBStorage) and backend.heartbeat_interval is not None:
        backend.heartbeat_interval = max(1, seconds // 3)
        backend.grace_period = seconds


@functools.lru_cache(maxsize=MAX_OPEN_STORAGES)
def _open_target(storage: str, place: _Place) -> BaseStorage:
    config = json.loads(storage)
    built = build("hydra.sweeper.storage", config, trusted=TRUSTED)
    if not isinstance(built, BaseStorage):
        raise StudyError(
            "`hydra.sweeper.storage` must be a URL or build an optuna.storages.BaseStorage, got a "
            f"{type(built).__name__}."
        )
    shown = masked(config)
    repeating = retrying(not_while_forking(exclusive(built, _file_of(config))), shown)
    return optuna.storages.get_storage(saying_what_is_wrong(repeating, shown, _stored_in(config)))


@functools.lru_cache(maxsize=MAX_OPEN_STORAGES)
def _open_url(storage: str, place: _Place) -> BaseStorage:
    try:
        url = make_url(storage)
        if "@" in (url.host or ""):
            raise ArgumentError("it has more than one @")
        if url.drivername.startswith("sqlite"):
            return _open_sqlite(storage, url.database)
        return _open_server(storage, url)
    except (NoSuchModuleError, ImportError) as error:
        raise unreachable(storage, error) from error
    except (ArgumentError, ValueError) as error:
        raise StudyError(
            f"the storage {masked(storage)} cannot be reached: it is no database URL. Write "
            "one as sqlite:///study.db or postgresql+psycopg://user@host/database; in a user name "
            "or password write @ as %40, : as %3A, / as %2F and % as %25."
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise unreachable(storage, error) from error


def _open_server(storage: str, url: URL) -> BaseStorage:
    limits = CONNECTION.get(url.get_driver_name(), {})
    connect = {key: value for key, value in limits.items() if key not in url.query}
    with _exclusive(create_engine(storage, connect_args=connect)):
        backend = RDBStorage(
            storage,
            engine_kwargs={"connect_args": connect},
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_PERIOD_SECONDS,
        )
    if url.get_backend_name() == "postgresql":
        event.listen(backend.engine, "connect", _set_up_session)
        backend.engine.dispose()  # the open connection lacks this setup
    shown = masked(storage)
    repeating = retrying(not_while_forking(exclusive(backend)), shown)
    return optuna.storages.get_storage(saying_what_is_wrong(repeating, shown))


@contextmanager
def _exclusive(engine: Engine) -> Iterator[None]:
    """Make other hosts wait: creating the tables fails if two hosts do it at once."""
    lock = EXCLUSIVE_LOCK.get(engine.dialect.name)
    try:
        with engine.begin() as connection:
            if lock:
                connection.execute(text(lock))
            yield
    finally:
        engine.dispose()


def _set_up_session(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES_SESSION)
    connection.commit()


def _open_sqlite(storage: str, database: str | None) -> BaseStorage:
    if not database or database == ":memory:":
        raise StudyError(
            "a search needs a storage that its jobs can reach; a SQLite database in memory "
            "exists in one process only. Name a file, as in sqlite:///multirun/tailor.db, or "
            "leave hydra.sweeper.storage at null for a file in the sweep's directory."
        )
    connect = functools.partial(_connect_sqlite, database)
    try:
        with FileLock(f"{database}.lock"):  # two processes must not create the tables at once
            backend = RDBStorage(storage, engine_kwargs={"creator": connect})
    except (OSError, NotImplementedError) as error:  # NotImplementedError: no locks there
        raise unreachable(storage, error) from error
    safe = not_while_forking(exclusive(backend))
    return optuna.storages.get_storage(saying_what_is_wrong(safe, storage, Path(database)))


def _connect_sqlite(database: str) -> sqlite3.Connection:
    """Connect with a write-ahead log: readers and the writer do not block each other."""
    connection = sqlite3.connect(
        database, timeout=SQLITE_BUSY_TIMEOUT_SECONDS, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _may_come_back(error: BaseException) -> bool:
    cause = error.__cause__
    if cause is None:
        return False
    if not connection_is_lost(cause):
        return _may_come_back(cause)  # errors of a `_target_` are wrapped more than once
    if isinstance(getattr(cause, "orig", None), sqlite3.Error):
        return False
    return not any(word in str(cause) for word in PERMANENT)


def unreachable(storage: str | Mapping[str, Any], error: BaseException) -> StudyError:
    """Return the error to raise for a storage that raised `error`, without its password."""
    reason = reason_of(error)
    for secret in secrets_of(storage):
        reason = reason.replace(secret, "***")
    if isinstance(error, OSError) or "sqlite" in masked(storage).partition(":")[0]:
        return StudyError(cannot_be_used(masked(storage), reason))
    hint = ""
    if isinstance(error, ImportError):
        hint = (
            " PostgreSQL needs: pip install 'psycopg[binary]', and postgresql+psycopg:// in the "
            "URL. MySQL: pip install pymysql, and mysql+pymysql://"
        )
    elif "password" in reason:
        hint = (
            " A password is never written into a run's files: each host that runs trials needs it "
            f"in {names.STORAGE_VARIABLE} or where the database's client reads it, for PostgreSQL "
            f"PGPASSWORD or ~/.pgpass. This was host {socket.gethostname()}."
        )
    return StudyError(
        f"the storage {masked(storage)} cannot be reached: {reason}. Check its URL "
        f"(hydra.sweeper.storage or {names.STORAGE_VARIABLE}) and that the database runs.{hint}"
    )
