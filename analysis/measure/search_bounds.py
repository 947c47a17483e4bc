"""Parameters whose chosen value is at a bound of the search space: better ones may lie outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.read.study import Space, StudyView, Trial


@dataclass(frozen=True)
class AtBound:
    """A parameter whose chosen value is at a bound of the search space.

    Attributes:
        side: `low` or `high`.
        bound: the bound itself; a value in an interval may lie slightly inside it.
        suggestion: a wider bound; None where no valid value lies beyond.
    """

    key: str
    value: Any
    side: str
    bound: float
    suggestion: float | None


def at_bounds(view: StudyView, chosen: Trial, *, margin: float = 0.05) -> list[AtBound]:
    """Find parameters whose chosen value is at a bound of the search space.

    Args:
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
            parameters.append(AtBound(key, value, "low", low, _below(low, value)))
        elif position >= 1 - tolerance:
            parameters.append(AtBound(key, value, "high", high, _above(high, value)))
    return parameters


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
