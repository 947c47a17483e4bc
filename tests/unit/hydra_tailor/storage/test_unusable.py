"""A storage that will not come back by itself: each call says at once what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import optuna
import pytest
from optuna.storages import BaseStorage
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from hydra_tailor.errors import StorageAway, StudyError
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.storage.retry import connection_is_lost
from hydra_tailor.storage.unusable import saying_what_is_wrong


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@pytest.fixture
def storage(file: Path) -> BaseStorage:
    storage = open_storage(f"sqlite:///{file}")
    optuna.create_study(storage=storage, study_name="s").add_trial(
        optuna.trial.create_trial(value=1.0)
    )
    return storage


def limited(storage: BaseStorage, pages: int) -> None:
    """Let a database grow to so many pages: SQLite then says that the disk is full."""
    engine = storage._backend.engine  # type: ignore[attr-defined]
    engine.dispose()
    event.listen(engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages}"))


def test_a_full_disk_is_said_at_once(storage: BaseStorage, file: Path) -> None:
    limited(storage, pages=1)  # as many as it has
    with pytest.raises(StorageAway, match=r"database or disk is full\. Free some space there"):
        storage.set_study_user_attr(1, "key", "x" * 1_000_000)


def removed(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    other = file.with_name("other.db")
    open_storage(f"sqlite:///{other}")
    other.replace(file)


@pytest.mark.parametrize("harm", [removed, replaced])
def test_a_deleted_file_is_not_written_to(
    storage: BaseStorage, file: Path, harm: Callable[[Path], None]
) -> None:
    harm(file)
    with pytest.raises(
        StorageAway, match=r"study\.db was deleted or replaced while it was in use"
    ):
        storage.get_n_trials(1)


@pytest.mark.parametrize("harm", [removed, replaced])
def test_a_file_of_the_same_name_is_another_storage(
    storage: BaseStorage, file: Path, harm: Callable[[Path], None]
) -> None:
    harm(file)
    again = open_storage(f"sqlite:///{file}")
    assert again is not storage
    assert again.get_all_studies() == []
    assert open_storage(f"sqlite:///{file}") is again


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_the_file_of_a_configured_storage_is_watched_too(file: Path, kind: str) -> None:
    backend = {"_target_": "optuna.storages.journal.JournalFileBackend", "file_path": str(file)}
    journal = {"_target_": "optuna.storages.JournalStorage", "log_storage": backend}
    sqlite = {"_target_": "optuna.storages.RDBStorage", "url": f"sqlite:///{file}"}
    config = journal if kind == "journal" else sqlite
    first = open_storage(config)
    optuna.create_study(storage=first, study_name="s")
    file.unlink()
    with pytest.raises(StorageAway, match=r"study\.db was deleted or replaced"):
        first.get_all_studies()
    assert open_storage(config).get_all_studies() == []


def test_a_deleted_study_is_said(storage: BaseStorage, file: Path) -> None:
    optuna.delete_study(study_name="s", storage=f"sqlite:///{file}")
    with pytest.raises(StorageAway, match=r"the study was deleted from .*study\.db"):
        storage.get_all_trials(1)


def test_a_name_that_does_not_exist_is_no_deleted_study(storage: BaseStorage) -> None:
    with pytest.raises(KeyError):
        storage.get_study_id_from_name("other")


def test_another_file_is_no_database(file: Path) -> None:
    file.write_text("a letter " * 1000)
    with pytest.raises(StudyError, match=r"file is not a database\. Another program has written"):
        open_storage(f"sqlite:///{file}")
    assert file.read_text().startswith("a letter")


class ServerError(Exception):
    """As psycopg's and pymysql's: a class of SQLSTATE, or a number first."""

    def __init__(self, *args: object, sqlstate: str | None = None) -> None:
        super().__init__(*args)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("raised", "lost"),
    [
        pytest.param(ServerError("No space left", sqlstate="53100"), False, id="postgresql-full"),
        pytest.param(ServerError(1021, "Disk full"), False, id="mysql-full"),
        pytest.param(ServerError("gone", sqlstate="57P01"), True, id="postgresql-restarts"),
        pytest.param(ServerError(2013, "Lost connection"), True, id="mysql-restarts"),
    ],
)
def test_a_server_without_space_is_not_waited_for(raised: Exception, lost: bool) -> None:
    assert connection_is_lost(OperationalError("", {}, raised)) is lost


class Unknown(grpc.RpcError):
    """As Optuna's proxy passes on any error of the storage behind it."""

    def details(self) -> str:
        return "Exception calling application: No space left on device."


@pytest.mark.parametrize(
    "error", [OperationalError("", {}, ServerError("No space left on device")), Unknown()]
)
def test_a_servers_error_says_what_to_do(error: Exception) -> None:
    class Full(optuna.storages.InMemoryStorage):
        def get_all_trials(self, *_: object) -> list[Any]:  # type: ignore[override]
            raise error

    storage = saying_what_is_wrong(Full(), "postgresql://me@host/db")
    with pytest.raises(
        StorageAway, match=r"me@host/db cannot be used: .*No space left on device\. F"
    ):
        storage.get_all_trials(0)
