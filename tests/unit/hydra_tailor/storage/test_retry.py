"""Calls that are repeated while a storage is away."""

import logging
from collections.abc import Callable

import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import InMemoryStorage
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, PendingRollbackError

from hydra_tailor.storage import retry
from hydra_tailor.storage.retry import (
    Retry,
    StorageAway,
    connection_is_lost,
    retrying,
    without_retries,
)


def lost(error: BaseException) -> bool:
    return isinstance(error, ConnectionError)


def fails(times: int, error: type[Exception] = ConnectionError) -> Callable[[], str]:
    left = [times]

    def call() -> str:
        if left[0]:
            left[0] -= 1
            raise error("the cable is cut\nsecond line")
        return "answer"

    return call


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)


def test_a_call_is_repeated_until_it_answers_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert Retry("the-url", lost).call(fails(5)) == "answer"
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    first, last = (record.getMessage() for record in caplog.records)
    assert first == (
        "the storage the-url does not answer (the cable is cut); trying again for 600 s"
    )
    assert "the storage answers again" in last


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_TIMEOUT_SECONDS", 0.0)
    with pytest.raises(StorageAway, match=r"the-url has not answered for 0 s: the cable is cut\."):
        Retry("the-url", lost).call(fails(1))


def test_within_the_block_nothing_is_repeated() -> None:
    one = Retry("the-url", lost)
    with without_retries(), pytest.raises(StorageAway):
        one.call(fails(1))
    assert one.call(fails(1)) == "answer"


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="cable"):
        Retry("the-url", lost).call(fails(1, ValueError))


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        (OperationalError("SELECT", {}, Exception("server closed the connection")), True),
        (InterfaceError("SELECT", {}, Exception("connection already closed")), True),
        (PendingRollbackError("reconnect first"), True),
        (DataError("INSERT", {}, Exception("value too long")), False),
        (DataError("INSERT", {}, Exception("gone"), connection_invalidated=True), True),
        (KeyError("no such trial"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_means_that_the_connection_is_lost(cause: Exception, verdict: bool) -> None:
    assert connection_is_lost(cause) is verdict
    wrapped = StorageInternalError("An exception is raised during the commit.")
    wrapped.__cause__ = cause
    assert connection_is_lost(wrapped) is verdict


def test_a_storage_that_cannot_be_away_stays_as_it_is() -> None:
    storage = InMemoryStorage()
    before = storage.get_trial
    assert retrying(storage, "memory").get_trial == before
