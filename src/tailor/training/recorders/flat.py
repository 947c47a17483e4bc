"""A run's config and an epoch's metrics in the flat form of experiment trackers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tailor import names
from tailor.config import RunConfig
from tailor.training.result import Row


def flat_config(config: RunConfig) -> dict[str, Any]:
    """Return the settings by dotted key, as overrides spell them."""
    return dict(_flatten("", asdict(config)))


def _flatten(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(prefix, value)]
    return [
        pair
        for key, inner in value.items()
        for pair in _flatten(f"{prefix}.{key}" if prefix else str(key), inner)
    ]


def metrics_of(row: Row) -> dict[str, float]:
    """Return an epoch's columns without its number, which trackers use as the step."""
    return {name: value for name, value in row.items() if name != names.EPOCH}
