"""The cells of a grid: which trial has which, and which are unused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Real
from typing import Any

from optuna.trial import FrozenTrial

from hydra_tailor.internals.optuna import FIXED_PARAMS
from hydra_tailor.space.grammar import encode

Cell = Mapping[str, Any]
Identity = frozenset[tuple[str, str]]
"""A key that equal configurations share."""


@dataclass(frozen=True)
class Placement:
    """The cells of a study's trials; trials by number, cells by index.

    Attributes:
        assigned: the cell of each trial that has one.
        pending: the cell that a trial without one will take; None if none is left for it.
        unused: cells that no trial has, the pending ones included.
    """

    assigned: Mapping[int, int]
    pending: Mapping[int, int | None]
    unused: Sequence[int]


class CellAssignment:
    """Assigns each cell of a grid to one trial.

    A trial has the cell with its values, drawn or given. The trials without a cell take, in their
    order, the first unused cell that fits the values they already have. So it does not matter
    which of them draws first, or in which process.

    Args:
        cells: every cell, in the order in which trials take them.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._given_cells = list(cells)
        self._cells = [_texts(cell) for cell in cells]
        self._names = {name for cell in self._cells for name in cell}
        self._index: dict[Identity, int] = {}
        for index, cell in enumerate(self._cells):
            self._index.setdefault(frozenset(cell.items()), index)

    def __len__(self) -> int:
        return len(self._index)

    def place(self, trials: Sequence[FrozenTrial]) -> Placement:
        given = {trial.number: self._given(trial) for trial in trials}
        cells = {
            number: self._index.get(frozenset(values.items())) for number, values in given.items()
        }
        assigned = {number: cell for number, cell in cells.items() if cell is not None}
        taken = set(assigned.values())
        unused = [cell for cell in self._index.values() if cell not in taken]
        pending: dict[int, int | None] = {}
        left = list(unused)
        for trial in trials:
            if trial.number in assigned or trial.state.is_finished():
                continue
            pending[trial.number] = cell = self._first(left, given[trial.number])
            if cell is not None:
                left.remove(cell)
        return Placement(assigned, pending, unused)

    def cell_of(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
        """The cell that a trial draws; if none is unused, a used one that fits."""
        placement = self.place(trials)
        cell = placement.assigned.get(trial.number, placement.pending.get(trial.number))
        if cell is None:
            cell = self._first(list(self._index.values()), self._given(trial))
        return 0 if cell is None else cell

    def beside(self, given: Cell, used: Set[Identity]) -> list[Cell]:
        """The unused cells that contain the given values."""
        texts = _texts(given)
        return [
            self._given_cells[index]
            for key, index in self._index.items()
            if key not in used and self._fits(index, texts)
        ]

    def _fits(self, index: int, given: Mapping[str, str]) -> bool:
        return all(given.get(name, text) == text for name, text in self._cells[index].items())

    def _first(self, cells: Sequence[int], given: Mapping[str, str]) -> int | None:
        return next((index for index in cells if self._fits(index, given)), None)

    def _given(self, trial: FrozenTrial) -> dict[str, str]:
        """The values of a trial so far: drawn, or given when it was enqueued."""
        values = configuration_of(trial)
        return _texts({name: value for name, value in values.items() if name in self._names})


def configuration_of(trial: FrozenTrial) -> Cell:
    """The values of a trial's parameters: drawn, or given to it before they are drawn.

    A given value whose parameter does not exist for the trial is never drawn.
    """
    if trial.state.is_finished() and trial.params:
        return dict(trial.params)
    return {**trial.system_attrs.get(FIXED_PARAMS, {}), **trial.params}


def identity(configuration: Cell) -> Identity:
    """A key that equal configurations share, however their numbers are written."""
    return frozenset(_texts(configuration).items())


def _texts(cell: Cell) -> dict[str, str]:
    return {name: _text(value) for name, value in cell.items()}


def _text(value: Any) -> str:
    """A value as text for comparing cells. As in Optuna, 1, 1.0 and true are the same.

    A float is rounded to 15 digits, since steps such as 0.1 are not exact.
    """
    return f"{float(value):.15g}" if isinstance(value, Real) else encode(value)
