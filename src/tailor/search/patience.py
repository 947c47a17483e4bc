"""Calling a storage again while it does not answer: a database restarts, a network breaks off.

Every call is safe to repeat. Reading is; so are attributes, reports and signs of life, which are
written over. A state that was set although its answer got lost is seen by whoever set it: a trial
that is finished says so, and one taken without our knowing is given back later
(`SharedStudy.reclaim`). A trial that was created twice waits within the same budget.
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
from optuna.storages._heartbeat import BaseHeartbeat
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError

from tailor.errors import StudyError

log = logging.getLogger(__name__)
OPTUNAS_LOG = logging.getLogger("optuna.storages._rdb.storage")

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=BaseStorage)

PATIENCE = 600.0  # seconds for which a storage that does not answer is tried again
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between two tries, growing

# What Optuna's cache calls besides the public methods.
BEHIND_THE_CACHE = ("_create_new_trial", "_set_trial_param", "_get_trials", "_get_best_trial_id")
CALLS = (*BaseStorage.__abstractmethods__, *BaseHeartbeat.__abstractmethods__, *BEHIND_THE_CACHE)

_mood = threading.local()


class StorageAway(StudyError):
    """A storage has not answered for as long as anybody was ready to wait."""


@contextmanager
def impatient() -> Iterator[None]:
    """Within the block this thread asks a storage once, and takes silence for an answer."""
    _mood.impatient = True
    try:
        yield
    finally:
        _mood.impatient = False


class Patience:
    """Tries calls again while the connection is lost.

    Args:
        shown: the storage, as a message may name it.
        lost: whether an error means that.
    """

    def __init__(self, shown: str, lost: Callable[[BaseException], bool]) -> None:
        self._shown = shown
        self._lost = lost
        self._since: float | None = None

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function until it answers.

        Raises:
            StorageAway: it did not within `PATIENCE` seconds.
        """
        first: float | None = None
        pause = FIRST_PAUSE
        while True:
            try:
                answer = function(*args, **kwargs)
            except Exception as error:
                if not self._lost(error):
                    raise
                now = time.monotonic()
                first = now if first is None else first
                patience = 0.0 if getattr(_mood, "impatient", False) else PATIENCE
                if now - first >= patience:
                    raise StorageAway(
                        f"the storage {self._shown} has not answered for {now - first:.0f} s: "
                        f"{reason_of(error)}. What runs is kept: when it is back, type the same "
                        "command again."
                    ) from error
                self._say_lost(now, error)
                time.sleep(pause * random.uniform(0.5, 1.0))  # many hosts, not all at once
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._say_back()
                return answer

    def _say_lost(self, now: float, error: BaseException) -> None:
        if self._since is None:
            self._since = now
            log.warning(
                "the storage %s does not answer (%s); trying again for %.0f s",
                self._shown,
                reason_of(error),
                PATIENCE,
            )

    def _say_back(self) -> None:
        since, self._since = self._since, None
        if since is not None:
            log.warning("the storage answers again, after %.0f s", time.monotonic() - since)


def patient(storage: S, shown: str) -> S:
    """Make every call of a storage patient, where it is one that can be out of reach for a while.

    Args:
        storage: changed in place, and returned.
        shown: its name in messages.
    """
    if isinstance(storage, GrpcStorageProxy):
        _reacquaint(storage)
        lost = _proxy_is_lost
    elif isinstance(storage, RDBStorage) and storage.engine.dialect.name != "sqlite":
        lost = connection_is_lost
    else:
        return storage
    patience = Patience(shown, lost)
    OPTUNAS_LOG.addFilter(_says_more_than_we_do)
    for name in CALLS:
        if hasattr(storage, name):
            setattr(storage, name, functools.partial(patience.call, getattr(storage, name)))
    return storage


def connection_is_lost(error: BaseException) -> bool:
    """Whether an error of Optuna's or SQLAlchemy's may be gone when the call is repeated."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, DBAPIError) and cause.connection_invalidated:
        return True
    # The last one is what Optuna runs into where it reads again after the first.
    return isinstance(cause, (OperationalError, InterfaceError, PendingRollbackError))


def _says_more_than_we_do(record: logging.LogRecord) -> bool:
    """Drop Optuna's warning, with the whole statement, that it reads again: so do we."""
    return "Falling back to a slower alternative" not in str(record.msg)


def _reacquaint(proxy: GrpcStorageProxy) -> None:
    """Let a restarted proxy read its trials where it says that it knows none of that number.

    Optuna's server has a cache that takes parameters for trials alone which it has read.
    """
    set_param = proxy.set_trial_param

    def set_trial_param(trial_id: int, *args: Any, **kwargs: Any) -> None:
        try:
            set_param(trial_id, *args, **kwargs)
        except KeyError:
            for study in proxy.get_all_studies():
                proxy.get_all_trials(study._study_id, deepcopy=False)
            set_param(trial_id, *args, **kwargs)

    proxy.set_trial_param = set_trial_param  # type: ignore[method-assign]


def _proxy_is_lost(error: BaseException) -> bool:
    import grpc

    return isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE


def reason_of(error: BaseException) -> str:
    """The line of an error that says most: the database's own, without the statement."""
    cause: Any = error.__cause__ or error
    text = str(getattr(cause, "orig", None) or cause).strip()
    if details := getattr(cause, "details", None):  # of gRPC
        text = str(details() if callable(details) else details)
    return text.splitlines()[0] if text else type(cause).__name__
