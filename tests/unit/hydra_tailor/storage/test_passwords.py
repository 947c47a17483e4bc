"""Passwords of storage URLs: masked, taken out, found again."""

from typing import Any

import pytest

from hydra_tailor.storage.passwords import (
    SECRET_NAME,
    masked,
    move_to_environment,
    secret_keys,
    secrets_of,
    with_password,
    without_password,
)

URL, BARE = "postgresql+psycopg://me:s%40cret@host/db", "postgresql+psycopg://me@host/db"
IN_QUERY = "postgresql://host/db?user=me&password=secret&connect_timeout=3"


@pytest.mark.parametrize(
    ("storage", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        (BARE, BARE),
        ("postgresql://me:se@cr:et/@host/db", "postgresql://me:***@host/db"),
        ("mysql+pymysql://me:secret@host:3306/db", "mysql+pymysql://me:***@host:3306/db"),
        ("redis://:secret@host:6379/0", "redis://:***@host:6379/0"),
        (IN_QUERY, "postgresql://host/db?user=me&password=***&connect_timeout=3"),
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("nonsense", "nonsense"),
        ("nonsense://me:secret@host:port", "nonsense://me:***@host:port"),
        ({"_target_": "a.B", "url": "postgresql://me:secret@host/db"}, "a.B"),
    ],
)
def test_a_password_is_masked(storage: Any, shown: str) -> None:
    assert masked(storage) == shown


@pytest.mark.parametrize(
    ("storage", "bare"),
    [
        (URL, BARE),
        (BARE, BARE),
        (IN_QUERY, "postgresql://host/db?connect_timeout=3&user=me"),
        ("sqlite:////tmp/a b.db", "sqlite:////tmp/a b.db"),
        ({"_target_": "a.B", "url": URL, "n": 3}, {"_target_": "a.B", "url": BARE, "n": 3}),
        ({"_target_": "a.B", "_args_": [URL]}, {"_target_": "a.B", "_args_": [BARE]}),
        (
            {"log_storage": {"url": "redis://:p@host:1/0"}},
            {"log_storage": {"url": "redis://host:1/0"}},
        ),
    ],
)
def test_a_password_is_taken_out(storage: Any, bare: Any) -> None:
    assert without_password(storage) == bare


@pytest.mark.parametrize("storage", [URL, {"_target_": "a.B", "url": URL}])
def test_what_is_moved_to_the_environment_is_found_there(
    storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILOR_STORAGE", "sqlite:///other.db")
    bare = move_to_environment(storage)
    assert bare == without_password(storage)
    assert with_password(bare) == storage


def test_a_password_is_not_given_to_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILOR_STORAGE", URL)
    assert with_password("postgresql+psycopg://me@elsewhere/db") == (
        "postgresql+psycopg://me@elsewhere/db"
    )


def test_a_storage_without_password_leaves_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)
    assert move_to_environment(BARE) == BARE
    assert with_password(BARE) == BARE


def test_secrets_are_known_as_written_and_as_meant() -> None:
    assert secrets_of({"url": URL}) == ["s%40cret", "s@cret"]
    assert secrets_of(IN_QUERY) == ["secret"]
    assert secrets_of(BARE) == []


@pytest.mark.parametrize("name", ["password", "passwd", "sslpassword", "db_password", "API_KEY"])
def test_a_name_of_a_secret(name: str) -> None:
    assert SECRET_NAME.fullmatch(name)
    assert (
        masked(f"postgresql://host/db?{name}=hush&n=1") == f"postgresql://host/db?{name}=***&n=1"
    )
    assert without_password(f"postgresql://host/db?{name}=hush") == "postgresql://host/db"
    assert secrets_of(f"postgresql://host/db?{name}=hush") == ["hush"]
    assert secret_keys({"a": [{name: "hush"}]}, "k") == [f"k.a.{name}"]


@pytest.mark.parametrize("name", ["user", "passfile", "tokens", "sslkey", "num_tokens_max"])
def test_any_other_name(name: str) -> None:
    assert not SECRET_NAME.fullmatch(name)
    assert secret_keys({"a": {name: "x", "password": None}}, "k") == []
