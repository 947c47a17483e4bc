"""A run's config and an epoch's metrics in the flat form of experiment trackers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hydra_tailor.flat import flat
from tailor import names
from tailor.config import RunConfig
from tailor.training.result import Row


def flat_config(config: RunConfig) -> dict[str, Any]:
    """Return the settings by dotted key, as overrides spell them."""
    return flat(asdict(config))


def metrics_of(row: Row) -> dict[str, float]:
    """Return an epoch's columns without its number, which trackers use as the step."""
    return {name: value for name, value in row.items() if name != names.EPOCH}
