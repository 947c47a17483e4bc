"""Pruners, built from a config in every process that asks one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna.pruners import BasePruner, NopPruner

from tailor.errors import ConfigError
from tailor.targets import build


def build_pruner(config: Mapping[str, Any] | None) -> BasePruner:
    """Build the pruner that `hydra.sweeper.pruner` describes; None means no pruning."""
    if not config:
        return NopPruner()
    pruner = build("hydra.sweeper.pruner", json.loads(json.dumps(config)))
    if not isinstance(pruner, BasePruner):
        raise ConfigError(
            "`hydra.sweeper.pruner` must build an optuna.pruners.BasePruner, got a "
            f"{type(pruner).__name__}."
        )
    return pruner
