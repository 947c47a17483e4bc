"""Passwords in storage URLs: kept out of everything that is written, shown or sent.

A password lives in the environment: in `TAILOR_STORAGE`, which every process that a sweep starts
inherits, or where the database's own client reads it (`PGPASSWORD`, `~/.pgpass`). Configs,
studies and logs hold the URL without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hydra_tailor import names

Storage = str | Mapping[str, Any]
"""A URL, or the config of an object (`_target_`) that contains URLs."""

QUERY_KEYS = ("password", "passwd", "sslpassword")
"""Parameters of a URL's query in which clients accept a password."""
USER_INFO = re.compile(r"://([^:/?@]*):.*@")  # up to the last @: a password may contain one
QUERY = re.compile(rf"([?&](?:{'|'.join(QUERY_KEYS)})=)[^&]*")


def masked(storage: Storage) -> str:
    """Return the storage's URL with its password as three stars, safe to print."""
    if not isinstance(storage, str):
        return str(storage.get("_target_"))
    return QUERY.sub(r"\1***", USER_INFO.sub(r"://\1:***@", storage))


def without_password(storage: Storage) -> Any:
    """Return the same storage with no password in any of its URLs."""
    return _each_text(storage, _strip)


def with_password(storage: Storage) -> Any:
    """Return the storage with the password from `TAILOR_STORAGE`, if that names the same one."""
    known = os.environ.get(names.STORAGE_VARIABLE)
    if known is None:
        return storage
    bare = _strip(known)
    return _each_text(storage, lambda text: known if text == bare else text)


def move_to_environment(storage: Storage) -> Any:
    """Return the storage without its password, and leave that in the environment instead."""

    def move(text: str) -> str:
        bare = _strip(text)
        if bare != text:
            os.environ[names.STORAGE_VARIABLE] = text
        return bare

    return _each_text(storage, move)


def secrets_of(storage: Storage) -> list[str]:
    """Return every password of a storage, plain and as its URL encodes it."""
    secrets: set[str] = set()

    def collect(text: str) -> str:
        url = parsed(text)
        if url is not None and _strip(text) != text:
            given = (url.password, *map(url.query.get, QUERY_KEYS))
            secrets.update(str(secret) for secret in given if secret)
            secrets.update(re.findall(r"://[^:/?@]*:(.*)@", text))
        return text

    _each_text(storage, collect)
    return sorted(secrets - {""}, key=len, reverse=True)


def parsed(text: str) -> URL | None:
    """Parse a text as a database URL; None where it is not one."""
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def _strip(text: str) -> str:
    url = parsed(text)
    if url is None or not (url.password or any(key in url.query for key in QUERY_KEYS)):
        return text
    bare = url._replace(username=url.username or None, password=None)
    bare = bare.difference_update_query(QUERY_KEYS)
    return bare.render_as_string(hide_password=False)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each_text(inner, change) for inner in value]
    return value
