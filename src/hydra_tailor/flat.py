"""Settings by dotted key, as overrides spell them, and where two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

NOT_SET = "(not set)"


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings by dotted key. A list and an empty mapping are values."""
    return dict(_flat(settings, ""))


def _flat(settings: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name the keys of two flat settings that differ, with both values."""
    return [
        f"`{key}` was {before.get(key, NOT_SET)}, is {now.get(key, NOT_SET)}"
        for key in sorted({*before, *now})
        if not _equal(before.get(key, NOT_SET), now.get(key, NOT_SET))
    ]


def _equal(before: Any, now: Any) -> bool:
    """Whether two values are equal, or have the same JSON text, since no NaN equals another."""
    return bool(before == now) or _json(before) == _json(now)


def _json(value: Any) -> str:
    return json.dumps(value, default=str)
