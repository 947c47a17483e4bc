"""Which cell of a grid each trial of a study has, and which are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from optuna.trial import FrozenTrial

from ._grammar import encode

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Placement:
    """Where the trials of a study stand on a grid; trials by number, cells by index.

    Attributes:
        held: the cell that a trial has.
        coming: the cell that a trial without one is to take, None where none is left for it.
        free: cells that no trial has, those to come among them.
    """

    held: Mapping[int, int]
    coming: Mapping[int, int | None]
    free: Sequence[int]


class Places:
    """The cells of a grid, each to be taken by one trial.

    A trial has the cell whose values are its own, whichever sampler drew them, or whoever chose
    them. Of those that have none yet the earlier goes first, and takes the first free cell that
    fits the values it has already. So whenever one of them draws, and in whichever process, the
    others' cells stay the same.

    Args:
        cells: in the order in which they are to be taken.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = [_texts(cell) for cell in cells]
        self._names = {name for cell in self._cells for name in cell}
        self._index: dict[frozenset[tuple[str, str]], int] = {}
        for index, cell in enumerate(self._cells):
            self._index.setdefault(frozenset(cell.items()), index)

    def place(self, trials: Sequence[FrozenTrial]) -> Placement:
        given = {trial.number: self._given(trial) for trial in trials}
        cells = {number: self._index.get(frozenset(one.items())) for number, one in given.items()}
        held = {number: cell for number, cell in cells.items() if cell is not None}
        taken = set(held.values())
        free = [cell for cell in self._index.values() if cell not in taken]
        coming: dict[int, int | None] = {}
        left = list(free)
        for trial in trials:
            if trial.number in held or trial.state.is_finished():
                continue
            coming[trial.number] = cell = self._first(left, given[trial.number])
            if cell is not None:
                left.remove(cell)
        return Placement(held, coming, free)

    def cell_of(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
        """The cell that a trial is to draw; where none is left for it, one that fits again."""
        placement = self.place(trials)
        cell = placement.held.get(trial.number, placement.coming.get(trial.number))
        if cell is None:
            cell = self._first(list(self._index.values()), self._given(trial))
        return 0 if cell is None else cell

    def _first(self, cells: Sequence[int], given: Mapping[str, str]) -> int | None:
        for index in cells:
            cell = self._cells[index]
            if all(given.get(name, text) == text for name, text in cell.items()):
                return index
        return None

    def _given(self, trial: FrozenTrial) -> dict[str, str]:
        """What is known of a trial's values: drawn, or chosen by whoever enqueued it."""
        values = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
        return _texts({name: value for name, value in values.items() if name in self._names})


def _texts(cell: Cell) -> dict[str, str]:
    return {name: _text(value) for name, value in cell.items()}


def _text(value: Any) -> str:
    """A value by which cells are told apart, as Optuna does: 1, 1.0 and true are the same.

    Of a float as many digits as every way of computing it agrees on: a step of 0.1 is not exact.
    """
    return f"{float(value):.15g}" if isinstance(value, Real) else encode(value)
