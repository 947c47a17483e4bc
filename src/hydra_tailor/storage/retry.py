"""Retrying the calls of a storage while its connection is lost: a restart, a cut network.

Every call is safe to repeat. Reads change nothing; attributes, reports and heartbeats overwrite
themselves. If the answer to a state change is lost, a repeated call finds the trial finished, and
a trial taken without our knowledge is reclaimed later (`SharedStudy.reclaim`).
"""

from __future__ import annotations

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, GrpcStorageProxy, RDBStorage
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError

from hydra_tailor.errors import StorageAway
from hydra_tailor.internals.optuna import STORAGE_CALLS, study_id

log = logging.getLogger(__name__)
OPTUNA_LOG = logging.getLogger("optuna.storages._rdb.storage")

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=BaseStorage)

RETRY_TIMEOUT_SECONDS = 600.0
DISK_FULL_CODES = ("53100", 1021, 1114)
"""Codes of PostgreSQL, and of MySQL for a disk and for a table."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0

_of_thread = threading.local()


@contextmanager
def without_retries() -> Iterator[None]:
    """Within the block, a lost connection fails this thread's calls at once."""
    _of_thread.no_retries = True
    try:
        yield
    finally:
        _of_thread.no_retries = False


class Retry:
    """Repeats calls while the connection is lost.

    Args:
        shown: the storage's name in messages.
        lost: whether an error means that the connection is lost.
    """

    def __init__(self, shown: str, lost: Callable[[BaseException], bool]) -> None:
        self._shown = shown
        self._lost = lost
        self._since: float | None = None

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function until it answers.

        Raises:
            StorageAway: it did not within `RETRY_TIMEOUT_SECONDS`.
        """
        first: float | None = None
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                answer = function(*args, **kwargs)
            except Exception as error:
                if not self._lost(error):
                    raise
                now = time.monotonic()
                first = now if first is None else first
                timeout = (
                    0.0 if getattr(_of_thread, "no_retries", False) else RETRY_TIMEOUT_SECONDS
                )
                if now - first >= timeout:
                    raise StorageAway(
                        f"the storage {self._shown} has not answered for {now - first:.0f} s: "
                        f"{reason_of(error)}. Running trials are kept: when the storage is back, "
                        "type the same command again."
                    ) from error
                self._log_lost(now, error)
                time.sleep(
                    pause * random.uniform(0.5, 1.0)
                )  # so that many hosts do not retry at once
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                self._log_back()
                return answer

    def _log_lost(self, now: float, error: BaseException) -> None:
        if self._since is None:
            self._since = now
            log.warning(
                "the storage %s does not answer (%s); trying again for %.0f s",
                self._shown,
                reason_of(error),
                RETRY_TIMEOUT_SECONDS,
            )

    def _log_back(self) -> None:
        since, self._since = self._since, None
        if since is not None:
            log.warning("the storage answers again, after %.0f s", time.monotonic() - since)


def retrying(storage: S, shown: str) -> S:
    """Make a storage repeat its calls, if its connection can be lost for a while.

    Args:
        storage: changed in place, and returned.
        shown: its name in messages.
    """
    if isinstance(storage, GrpcStorageProxy):
        _read_trials_of_restarted(storage)
        lost = _proxy_is_lost
    elif isinstance(storage, RDBStorage) and storage.engine.dialect.name != "sqlite":
        lost = connection_is_lost
    else:
        return storage
    retry = Retry(shown, lost)
    OPTUNA_LOG.addFilter(_is_not_about_retrying)
    for name in STORAGE_CALLS:
        if hasattr(storage, name):
            setattr(storage, name, functools.partial(retry.call, getattr(storage, name)))
    return storage


def connection_is_lost(error: BaseException) -> bool:
    """Whether repeating the call may help, given an error of Optuna or SQLAlchemy."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, DBAPIError):
        if _disk_is_full(cause):
            return False
        if cause.connection_invalidated:
            return True
    # PendingRollbackError follows if Optuna reads again after one of the other errors.
    return isinstance(cause, (OperationalError, InterfaceError, PendingRollbackError))


def _disk_is_full(error: DBAPIError) -> bool:
    """Whether a server has no space left, which drivers report as a failed connection."""
    codes = (getattr(error.orig, "sqlstate", None), *getattr(error.orig, "args", ())[:1])
    return any(code in DISK_FULL_CODES for code in codes)


def _is_not_about_retrying(record: logging.LogRecord) -> bool:
    """Drop Optuna's own warning about rereading, which holds the whole SQL statement."""
    return "Falling back to a slower alternative" not in str(record.msg)


def _read_trials_of_restarted(proxy: GrpcStorageProxy) -> None:
    """Make a restarted gRPC server read its trials when it reports one as unknown.

    The cache in Optuna's server accepts parameters only for trials that it has read.
    """
    set_param = proxy.set_trial_param

    def set_trial_param(trial_id: int, *args: Any, **kwargs: Any) -> None:
        try:
            set_param(trial_id, *args, **kwargs)
        except KeyError:
            for study in proxy.get_all_studies():
                proxy.get_all_trials(study_id(study), deepcopy=False)
            set_param(trial_id, *args, **kwargs)

    proxy.set_trial_param = set_trial_param  # type: ignore[method-assign]


def _proxy_is_lost(error: BaseException) -> bool:
    import grpc

    return isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE


def reason_of(error: BaseException) -> str:
    """The first line of the database's own message, without the SQL statement."""
    cause: Any = error.__cause__ or error
    text = str(getattr(cause, "orig", None) or cause).strip()
    if details := getattr(cause, "details", None):  # of gRPC
        text = str(details() if callable(details) else details)
    return text.splitlines()[0] if text else type(cause).__name__
