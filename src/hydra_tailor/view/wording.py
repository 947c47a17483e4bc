"""Parameters and durations as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def parameters(values: Mapping[str, Any]) -> str:
    """Parameters in one line, numbers with four digits."""
    return ", ".join(f"{name}={short(value)}" for name, value in values.items())


def short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def minutes(seconds: float) -> str:
    total = int(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02d} s"
    return f"{total // 3600} h {total % 3600 // 60:02d} min"


def short_names(keys: Sequence[str]) -> list[str]:
    """The last part of each dotted key, or the whole key where two would look the same."""
    last = [key.rpartition(".")[2] for key in keys]
    return [part if last.count(part) == 1 else key for key, part in zip(keys, last, strict=True)]
