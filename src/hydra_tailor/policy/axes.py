"""Parameters as positions on axes, for a model that needs distances between configurations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hydra_tailor.bounds import is_number
from hydra_tailor.space.parameter import Conditions

Array = NDArray[np.float64]

MISSING = np.nan
"""The position of a parameter that a configuration does not have."""


class Axis(Protocol):
    """A parameter: its values have positions, and positions have coordinates."""

    width: int
    """Number of coordinates."""
    ordered: bool
    """Whether the values are ordered along one coordinate."""

    def position(self, value: Any) -> float: ...
    def value(self, position: float) -> Any: ...
    def snap(self, positions: Array) -> Array:
        """Return the nearest positions that correspond to a value."""

    def draw(self, rng: np.random.Generator, n: int) -> Array: ...
    def move(self, rng: np.random.Generator, positions: Array, scales: Array) -> Array:
        """Return nearby positions; `scales` are distances as shares of the axis."""

    def coordinates(self, positions: Array) -> Array:
        """Return N x width numbers, given N positions."""


class Number:
    """A float or int parameter; its position is 0 at the lower bound and 1 at the upper one."""

    width = 1
    ordered = True

    def __init__(self, distribution: FloatDistribution | IntDistribution) -> None:
        self._of = distribution
        self._warp = math.log if distribution.log else float
        self._low, self._high = self._warp(distribution.low), self._warp(distribution.high)

    def position(self, value: Any) -> float:
        span = self._high - self._low
        return (self._warp(value) - self._low) / span if span else 0.5

    def value(self, position: float) -> Any:
        value = self._values(np.asarray(position)).item()
        return int(value) if isinstance(self._of, IntDistribution) else value

    def snap(self, positions: Array) -> Array:
        if self._of.step is None or self._high == self._low:
            return positions
        values = self._values(positions)
        warped = np.log(values) if self._of.log else values
        return np.asarray((warped - self._low) / (self._high - self._low))

    def _values(self, positions: Array) -> Array:
        warped = self._low + positions * (self._high - self._low)
        values = np.exp(warped) if self._of.log else warped
        if self._of.step is not None:
            steps = np.round((values - self._of.low) / self._of.step)
            values = self._of.low + steps * self._of.step
        return np.clip(values, self._of.low, self._of.high)

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        return rng.random(n)

    def move(self, rng: np.random.Generator, positions: Array, scales: Array) -> Array:
        moved = np.abs(positions + rng.normal(0.0, scales))
        return np.clip(np.where(moved > 1.0, 2.0 - moved, moved), 0.0, 1.0)

    def coordinates(self, positions: Array) -> Array:
        return np.where(np.isnan(positions), 0.5, positions)[:, None]


class Choice:
    """A categorical parameter; its position is an index.

    Choices that are numbers are ordered along one coordinate.
    """

    def __init__(self, distribution: CategoricalDistribution) -> None:
        self._choices = distribution.choices
        self.ordered = all(map(is_number, self._choices))
        self.width = 1 if self.ordered else len(self._choices)
        numbers = [float(str(one)) for one in self._choices] if self.ordered else []
        self._ranks = np.argsort(np.argsort(numbers)).astype(float)

    def position(self, value: Any) -> float:
        return float(self._choices.index(value))

    def value(self, position: float) -> Any:
        return self._choices[int(position)]

    def snap(self, positions: Array) -> Array:
        return positions

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        return rng.integers(len(self._choices), size=n).astype(float)

    def move(self, rng: np.random.Generator, positions: Array, scales: Array) -> Array:
        if not self.ordered:
            return self.draw(rng, len(positions))
        by_rank = np.argsort(self._ranks)
        ranks = self._ranks[positions.astype(int)]
        steps = np.where(rng.random(len(positions)) < 0.5, -1, 1)
        moved = np.clip(ranks + steps, 0, len(self._choices) - 1).astype(int)
        return np.asarray(by_rank[moved], float)

    def coordinates(self, positions: Array) -> Array:
        missing = np.isnan(positions)
        index = np.where(missing, 0, positions).astype(int)
        if self.ordered:
            line = self._ranks[index] / max(1, len(self._choices) - 1)
            return np.where(missing, 0.5, line)[:, None]
        # Two different choices are 1 apart.
        return np.asarray(np.eye(self.width)[index] * ~missing[:, None] / math.sqrt(2))


@dataclass(frozen=True)
class Coordinates:
    """What the D coordinates of a point mean.

    Attributes:
        groups: D group numbers from 0; coordinates of one group share a length scale.
        warped: D flags; a flagged coordinate lies in [0, 1] and is stretched where values change.
        settings: D flags; a flagged coordinate belongs to the configuration, any other is time.
    """

    groups: NDArray[np.int64]
    warped: NDArray[np.bool_]
    settings: NDArray[np.bool_]

    def and_time(self) -> Coordinates:
        """Add time as one more coordinate, with a length scale of its own."""
        group = self.groups.max(initial=-1) + 1
        return Coordinates(
            np.append(self.groups, group),
            np.append(self.warped, True),
            np.append(self.settings, False),
        )


class Axes:
    """The axes of a search space; configurations are rows of positions.

    Args:
        space: the distribution of each parameter.
        conditions: for parameters that do not always exist, the values that others must have, as
            in `Space.conditions`. Other names are ignored.
    """

    def __init__(
        self, space: Mapping[str, BaseDistribution], conditions: Conditions | None = None
    ) -> None:
        self._axes = {name: _axis(distribution) for name, distribution in space.items()}
        self._conditions = {
            name: {other: accepted for other, accepted in condition.items() if other in space}
            for name, condition in (conditions or {}).items()
            if name in space
        }
        axes = list(self._axes.values())
        widths = [axis.width for axis in axes]
        self.meaning = Coordinates(
            groups=np.repeat(np.arange(len(axes)), widths),
            warped=np.repeat([axis.ordered for axis in axes], widths),
            settings=np.ones(sum(widths), bool),
        )

    def positions(self, configurations: Sequence[Mapping[str, Any]]) -> Array:
        rows = [
            [
                axis.position(values[name]) if name in values else MISSING
                for name, axis in self._axes.items()
            ]
            for values in configurations
        ]
        return np.array(rows, float).reshape(len(rows), len(self._axes))

    def values(self, positions: Array) -> dict[str, Any]:
        """The configuration of one row, without missing parameters."""
        pairs = zip(self._axes.items(), positions, strict=True)
        return {
            name: axis.value(position)
            for (name, axis), position in pairs
            if not math.isnan(position)
        }

    def coordinates(self, positions: Array) -> Array:
        columns = zip(self._axes.values(), positions.T, strict=True)
        return np.concatenate([axis.coordinates(column) for axis, column in columns], axis=1)

    def numbers(self, name: str, positions: Array) -> Array:
        """The values of one numeric parameter in N rows; NaN where it is missing."""
        axis = self._axes[name]
        known, at = np.unique(self._column(name, positions), return_inverse=True)
        values = [MISSING if math.isnan(one) else float(axis.value(one)) for one in known]
        return np.array(values)[at]

    def _column(self, name: str, positions: Array) -> Array:
        return np.asarray(positions[:, list(self._axes).index(name)])

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """N configurations, drawn uniformly on the axes."""
        return self._possible([axis.draw(rng, n) for axis in self._axes.values()])

    def move(self, rng: np.random.Generator, positions: Array) -> Array:
        """A configuration near each row: about half of its parameters move, at least one."""
        n, d = positions.shape
        moves = rng.random((n, d)) < 0.5
        moves[np.arange(n), rng.integers(d, size=n)] = True
        scales: Array = np.power(10.0, rng.uniform(-2.0, -0.5, n))
        columns = []
        for axis, column, moved in zip(self._axes.values(), positions.T, moves.T, strict=True):
            filled = np.where(np.isnan(column), axis.draw(rng, n), column)
            columns.append(np.where(moved, axis.move(rng, filled, scales), filled))
        return self._possible(columns)

    def _possible(self, columns: Sequence[Array]) -> Array:
        """Rows of the nearest values; what cannot exist beside the others is missing."""
        pairs = zip(self._axes.values(), columns, strict=True)
        positions = np.stack([axis.snap(column) for axis, column in pairs], axis=1)
        for name, condition in self._conditions.items():
            for other, accepted in condition.items():
                known, at = np.unique(self._column(other, positions), return_inverse=True)
                axis = self._axes[other]
                exists = [not math.isnan(one) and axis.value(one) in accepted for one in known]
                self._column(name, positions)[~np.array(exists)[at]] = MISSING
        return positions


def _axis(distribution: BaseDistribution) -> Axis:
    if isinstance(distribution, CategoricalDistribution):
        return Choice(distribution)
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return Number(distribution)
