import json
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import JournalStorage
from optuna.storages._heartbeat import BaseHeartbeat

from hydra_tailor.storage.opening import absolute, open_storage, set_grace_period
from tailor.errors import ConfigError, StudyError


def test_a_sqlite_file_is_made_with_a_write_ahead_log(tmp_path: Path) -> None:
    database = tmp_path / "new" / "study.db"
    storage = open_storage(f"sqlite:///{database}")
    assert storage is open_storage(f"sqlite:///{database}")  # one for a process
    assert database.exists()
    storage.create_new_study([1], "one")  # type: ignore[list-item]
    assert database.with_name("study.db-wal").exists()


def test_a_target_builds_any_storage(tmp_path: Path) -> None:
    backend = {
        "_target_": "optuna.storages.journal.JournalFileBackend",
        "file_path": str(tmp_path / "log"),
    }
    journal = {"_target_": "optuna.storages.JournalStorage", "log_storage": backend}
    assert isinstance(open_storage(journal), JournalStorage)
    rdb = {
        "_target_": "optuna.storages.RDBStorage",
        "url": f"sqlite:///{tmp_path / 'a.db'}",
        "heartbeat_interval": 1,
    }
    built = open_storage(rdb)
    assert isinstance(built, BaseHeartbeat)
    assert built.get_heartbeat_interval() == 1
    set_grace_period(built, 30)
    assert built.get_heartbeat_interval() == 10


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("sqlite:///:memory:", "in memory exists in one process only"),
        ("nonsense", r"cannot be reached.*Write one as sqlite:///study\.db"),
        ("sqlite://study.db", r"three slashes before .*: sqlite:///study\.db$"),
        ("sqlite://out/study.db", r"three slashes before .*: sqlite:///out/study\.db$"),
        ("sqlite:///file:a.db?uri=true&mode=ro", "must be sqlite:/// and the path of a file"),
        ("sqlite:///a.db?timeout=5", "without parameters"),
        ("nonsense://x", "cannot be reached"),
        ("sqlite:////proc/no/study.db", "cannot be used: .*No such file"),
        ("postgresql+psycopg://me@127.0.0.1:1/db", "Connection refused"),
        ("postgresql+psycopg://me:p@ss@127.0.0.1:1/db", r"no database URL.*write @ as %40"),
        ("oracle+oracledb://me@host/db", "pip install"),
    ],
)
def test_what_cannot_be_opened_is_a_study_error(storage: object, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        open_storage(storage)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ("sqlite:///a.db", "sqlite:////here/a.db"),
        ("sqlite:////there/a.db", "sqlite:////there/a.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://me@host/a.db", "postgresql://me@host/a.db"),
        ({"pool": 3, "url": "sqlite:///a.db"}, {"pool": 3, "url": "sqlite:////here/a.db"}),
        ({"log": {"file_path": "S.log"}}, {"log": {"file_path": "/here/S.log"}}),
        ({"lock": {"filepath": "/there/S.log"}}, {"lock": {"filepath": "/there/S.log"}}),
        ({"host": "S.log", "port": 1, "pool": None}, {"host": "S.log", "port": 1, "pool": None}),
    ],
)
def test_a_storages_files_are_found_from_everywhere(
    storage: Any, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(storage) == json.loads(json.dumps(expected).replace("/here", str(tmp_path)))


def test_an_object_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILOR_TRUST", "optuna.pruners")
    with pytest.raises(StudyError, match="got a NopPruner"):
        open_storage({"_target_": "optuna.pruners.NopPruner"})


def test_an_untrusted_target_is_refused() -> None:
    with pytest.raises(ConfigError, match="'os.system' cannot stand here"):
        open_storage({"_target_": "os.system", "command": "true"})
