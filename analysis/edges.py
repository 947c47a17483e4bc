"""Where a chosen value lies in what was searched: at an edge, better ones may lie outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.trials import Space, StudyView, Trial


@dataclass(frozen=True)
class Edge:
    """A best value that lies at the end of what was searched."""

    key: str
    value: Any
    side: str  # low | high
    suggestion: float


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
            found.append(Edge(key, value, "low", _beyond(low, low / 2, value)))
        elif position >= 1 - margin:
            found.append(Edge(key, value, "high", _beyond(high, high * 2, value)))
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


def _beyond(bound: float, further: float, value: Any) -> float:
    """Half or twice the bound; a count moves by one at least and stays above 0."""
    if isinstance(value, int):
        return max(1, min(round(further), int(bound) - 1) if further < bound else round(further))
    return further
