"""Where a chosen value lies in what was searched: at an edge, better ones may lie outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.read.study import Space, StudyView, Trial


@dataclass(frozen=True)
class Edge:
    """A best value that lies at the end of what was searched.

    Attributes:
        side: `low` or `high`.
        bound: the end itself; a value on an interval may lie a little before it.
        suggestion: where to widen to; None where nothing lies further out.
    """

    key: str
    value: Any
    side: str
    bound: float
    suggestion: float | None


def edges(view: StudyView, chosen: Trial, *, near: float = 0.05) -> list[Edge]:
    """Find parameters whose chosen value lies at an edge of the search space.

    Args:
        near: share of an interval (of its logarithm on a log scale) that counts as its edge.
    """
    found = []
    for key, value in chosen.params.items():
        bounds = _numeric_bounds(view.spaces[key])
        if bounds is None or isinstance(value, (str, bool)) or value is None:
            continue
        low, high, log = bounds
        if low == high:
            continue
        position = _position(float(value), low, high, log=log)
        listed = view.spaces[key].levels is not None
        margin = 0 if listed else near
        if position <= margin:
            found.append(Edge(key, value, "low", low, _below(low, value)))
        elif position >= 1 - margin:
            found.append(Edge(key, value, "high", high, _above(high, value)))
    return found


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
    """Half the bound; a count stays at 1 or more."""
    if isinstance(value, int):
        return max(1, round(bound / 2)) if bound > 1 else None
    return bound / 2 if bound > 0 else None


def _above(bound: float, value: Any) -> float | None:
    """Twice the bound; what may be a share (a decay, a dropout) halves its distance to 1."""
    if isinstance(value, int) or bound >= 1:
        return 2 * bound if bound > 0 else None
    return min(2 * bound, (1 + bound) / 2) if bound > 0 else None
