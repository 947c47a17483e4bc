"""Passwords in storage URLs: kept out of everything that is written, shown or sent.

A password lives in the environment: in `TAILOR_STORAGE`, which every process that a sweep starts
inherits, or where the database's own client reads it (`PGPASSWORD`, `~/.pgpass`). Configs,
studies and logs hold the URL without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hydra_tailor import names

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Storage = str | Mapping[str, Any]
"""A URL, or the config of an object (`_target_`) that contains URLs."""

_SECRET_WORD = r"(?:ssl)?(?:password|passwd|passphrase|pwd)|secret|token|api_?key"
SECRET_NAME = re.compile(rf"(?:.*[_-])?(?:{_SECRET_WORD})", re.IGNORECASE)
"""Names of a URL's query parameters, or keys of a config, that hold secrets."""
USER_INFO = re.compile(r"://([^:/?@]*):.*@")  # up to the last @: a password may contain one
QUERY = re.compile(rf"([?&](?:[^=&]*[_-])?(?:{_SECRET_WORD})=)[^&]*", re.IGNORECASE)


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
    """Return the storage without its password, and keep the password in the environment."""

    def move(text: str) -> str:
        bare = _strip(text)
        if bare != text:
            os.environ[names.STORAGE_VARIABLE] = text
        return bare

    return _each_text(storage, move)


def secrets_of(storage: Any) -> list[str]:
    """Return every password of a storage, plain and as its URL encodes it."""
    secrets: set[str] = set()

    def collect(text: str) -> str:
        url = parsed(text)
        if url is not None and _strip(text) != text:
            given = (url.password, *map(url.query.get, _secret_parameters(url)))
            secrets.update(str(secret) for secret in given if secret)
            secrets.update(re.findall(r"://[^:/?@]*:(.*)@", text))
        return text

    _each_text(storage, collect)
    return sorted(secrets - {""}, key=len, reverse=True)


def secret_keys(value: Any, key: str) -> list[str]:
    """Return the dotted keys of a config that hold a secret outside a URL.

    Args:
        value: any part of a config.
        key: the dotted key of `value`.
    """
    if isinstance(value, Mapping):
        return [found for name in value for found in secret_keys(value[name], f"{key}.{name}")]
    if isinstance(value, (list, tuple)):
        return [found for inner in value for found in secret_keys(inner, key)]
    is_secret = SECRET_NAME.fullmatch(key.rpartition(".")[2]) and value not in (None, "")
    return [key] if is_secret else []


def holds_secret(value: Any, key: str) -> bool:
    """Whether a part of a config holds a password, in a URL or outside one.

    The name of a variable is not a password: `postgresql://me:${oc.env:PASSWORD}@host/db`.

    Args:
        value: as written, without its interpolations resolved.
        key: the dotted key of `value`.
    """
    in_urls = any("${" not in secret for secret in secrets_of(value))
    return in_urls or bool(secret_keys(value, key))


def parsed(text: str) -> URL | None:
    """Parse a text as a database URL; None where it is not one."""
    # Imported here: every program checks its settings, and few need a database for that.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    if ":" not in text:
        return None
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def _strip(text: str) -> str:
    url = parsed(text)
    if url is None or not (url.password or _secret_parameters(url)):
        return text
    bare = url._replace(username=url.username or None, password=None)
    bare = bare.difference_update_query(_secret_parameters(url))
    return bare.render_as_string(hide_password=False)


def _secret_parameters(url: URL) -> list[str]:
    return [name for name in url.query if SECRET_NAME.fullmatch(name)]


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each_text(inner, change) for inner in value]
    return value
