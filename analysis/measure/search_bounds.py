"""Parameters whose chosen value is at a bound of the search space: better ones may lie outside."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from analysis.read.study import Space, StudyView, Trial
from hydra_tailor.bounds import problems_of
from tailor.addresses import build
from tailor.config import RunConfig
from tailor.config.model import CnnConfig, ModelConfig, ResnetConfig
from tailor.config.optimizer import AdamConfig, SgdConfig, WarmupConfig
from tailor.errors import ConfigError

SCHEMAS: dict[str, Any] = {
    "tailor.models.Cnn": CnnConfig,
    "tailor.models.Mlp": ModelConfig,
    "tailor.models.ResNet": ResnetConfig,
    "torch.optim.SGD": SgdConfig,
    "torch.optim.Adam": AdamConfig,
    "torch.optim.AdamW": AdamConfig,
    "tailor.training.cosine": WarmupConfig,
    "tailor.training.one_cycle": WarmupConfig,
}
"""The schema of the settings of a `_target_`."""


@dataclass(frozen=True)
class AtBound:
    """A parameter whose chosen value is at a bound of the search space.

    Attributes:
        side: `low` or `high`.
        bound: the bound itself; a value in an interval may lie slightly inside it.
        suggestion: a wider bound; None where no valid value is known to lie beyond.
    """

    key: str
    value: Any
    side: str
    bound: float
    suggestion: float | None


def at_bounds(
    view: StudyView, chosen: Trial, config: RunConfig | None = None, *, margin: float = 0.05
) -> list[AtBound]:
    """Find parameters whose chosen value is at a bound of the search space.

    Args:
        config: of the trial. A bound that its schema refuses is not suggested.
        margin: largest distance of a value from a bound, as a fraction of the interval (of its
            logarithm on a log scale).
    """
    parameters = []
    for key, value in chosen.params.items():
        bounds = _numeric_bounds(view.spaces[key])
        if bounds is None or isinstance(value, (str, bool)) or value is None:
            continue
        low, high, log = bounds
        if low == high:
            continue
        position = _position(float(value), low, high, log=log)
        tolerance = 0 if view.spaces[key].levels is not None else margin
        if position <= tolerance:
            wider = _accepted(config, key, low, _below(low, value))
            parameters.append(AtBound(key, value, "low", low, wider))
        elif position >= 1 - tolerance:
            wider = _accepted(config, key, high, _above(high, value))
            parameters.append(AtBound(key, value, "high", high, wider))
    return parameters


def _accepted(
    config: RunConfig | None, key: str, bound: float, suggestion: float | None
) -> float | None:
    """The suggestion, or the count below it, if a run accepts it: kernels have odd sizes."""
    if config is None or suggestion is None:
        return suggestion
    counts = [suggestion - 1] if isinstance(suggestion, int) else []
    candidates = [value for value in (suggestion, *counts) if value != bound]
    return next((value for value in candidates if _accepts(config, key, value)), None)


def _accepts(config: RunConfig, key: str, value: float) -> bool:
    """Whether the schema allows a value, as far as it knows the key."""
    section, _, name = key.partition(".")
    settings = getattr(config, section, None)
    if section == "augment":
        return _builds(config.augmentation, name, value)
    if isinstance(settings, dict) and settings.get("_target_") in SCHEMAS:
        schema = SCHEMAS[settings["_target_"]]
        known = {field.name for field in fields(schema)}
        settings = schema(**{key: kept for key, kept in settings.items() if key in known})
    if not is_dataclass(settings) or not hasattr(settings, name):
        return True
    changed = replace(settings, **{name: value})  # type: ignore[type-var]
    return set(problems_of(changed)) <= set(problems_of(settings))


def _builds(steps: dict[str, Any], name: str, value: float) -> bool:
    """Whether a step of the augmentation takes a value of its option `STEP.OPTION`."""
    step, _, option = name.partition(".")
    if step not in steps or option not in steps[step]:
        return True
    try:
        build("augment", {**steps[step], option: value}, key=f"augment.{step}")
    except ConfigError:
        return False
    return True


def _numeric_bounds(space: Space) -> tuple[float, float, bool] | None:
    if space.low is not None and space.high is not None:
        return space.low, space.high, space.log
    levels = space.levels or ()
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in levels):
        return None
    return (min(levels), max(levels), False) if len(levels) > 1 else None


def _position(value: float, low: float, high: float, *, log: bool) -> float:
    if log:
        value, low, high = np.log(value), np.log(low), np.log(high)
    return float((value - low) / (high - low))


def _below(bound: float, value: Any) -> float | None:
    """Half the bound; at least 1 for integers."""
    if isinstance(value, int):
        return max(1, round(bound / 2)) if bound > 1 else None
    return bound / 2 if bound > 0 else None


def _above(bound: float, value: Any) -> float | None:
    """Twice the bound; a fraction (decay, dropout) stays below 1: half the distance to it."""
    if isinstance(value, int) or bound >= 1:
        return 2 * bound if bound > 0 else None
    return min(2 * bound, (1 + bound) / 2) if bound > 0 else None
