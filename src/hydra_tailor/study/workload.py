"""How many epochs a search trains in all, as far as that is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from optuna.trial import FrozenTrial

from hydra_tailor import names
from hydra_tailor.policy.grid import Cell, Identity, configuration_of, identity
from hydra_tailor.policy.pausing import is_paused
from hydra_tailor.study.continuing import counted
from hydra_tailor.study.shared import SharedStudy

Run = tuple[Cell, float]
"""A configuration, and how many epochs it is trained."""


@dataclass(frozen=True)
class Lengths:
    """The numbers of epochs of a search's configurations.

    Attributes:
        key: the parameter that is this number; None: it is not searched.
        constant: this number where it is not searched; None: it is unknown.
        cells: every configuration of the space; None: there are too many.
        extends: whether a longer run continues a shorter one of the same configuration.
    """

    key: str | None = None
    constant: float | None = None
    cells: Sequence[Cell] | None = None
    extends: bool = False

    def of(self, configuration: Cell) -> float | None:
        """Epochs of a configuration's run; None: unknown."""
        length = self.constant if self.key is None else configuration.get(self.key)
        return float(length) if isinstance(length, (int, float)) else None

    @cached_property
    def runs_of_cells(self) -> Mapping[Identity, Run]:
        """The run of each cell whose number of epochs is known."""
        lengths = ((cell, self.of(cell)) for cell in self.cells or ())
        return {identity(cell): (cell, length) for cell, length in lengths if length}

    @cached_property
    def of_average_cell(self) -> float | None:
        """Mean epochs of the cells' runs; None: unknown."""
        lengths = [length for _, length in self.runs_of_cells.values()]
        return fmean(lengths) if lengths else None

    def of_cells(self) -> float | None:
        """Epochs of all cells together; None: unknown."""
        known = bool(self.cells) and all(map(self.of, self.cells or ()))
        return self.total(list(self.runs_of_cells.values())) if known else None

    def total(self, runs: Sequence[Run]) -> float:
        """Epochs of some runs, of which a longer one may contain a shorter one."""
        if not self.extends:
            return sum(length for _, length in runs)
        longest: dict[Identity, float] = {}
        for configuration, length in runs:
            others = {name: value for name, value in configuration.items() if name != self.key}
            longest[identity(others)] = max(length, longest.get(identity(others), 0.0))
        return sum(longest.values())


@dataclass(frozen=True)
class InAll:
    """How much work a search is, and whether that is an estimate."""

    number: float
    is_estimate: bool = False

    def __str__(self) -> str:
        return f"{'about ' * self.is_estimate}{self.number:,.0f}"


def epochs_in_all(
    shared: SharedStudy, trials: Sequence[FrozenTrial], lengths: Lengths
) -> InAll | None:
    """Estimate how many epochs a study trains until its search is done.

    Runs to come are taken to be trained for the same share of their epochs as those that began.

    Args:
        shared: the study, with its budgets.
        trials: the study's trials.
        lengths: the lengths of its configurations.

    Returns:
        None if it is unknown.
    """
    begun = counted(trials)
    known = []
    for trial in begun:
        length = trial.user_attrs.get(names.EPOCHS) or lengths.of(configuration_of(trial))
        if length is None:
            return None
        known.append(float(length))
    # Paused trials go on while the budget lasts; without one, only until the leader is complete.
    all_go_on = math.isfinite(shared.epoch_budget)
    trained = [
        float(len(trial.intermediate_values))
        if trial.state.is_finished() or (not all_go_on and is_paused(trial))
        else length
        for trial, length in zip(begun, known, strict=True)
    ]
    n = int(min(shared.budget, shared.limit)) - len(begun)
    cells = [configuration_of(trial) for trial in begun]
    to_come = _cells_to_come(n, cells, lengths)
    drawn = not to_come and n > 0
    average = _average(known, lengths) if drawn else 0.0
    if average is None:
        return None
    share = sum(trained) / sum(known) if known else 1.0
    average *= share
    runs = [*zip(cells, trained, strict=True), *((cell, share * e) for cell, e in to_come)]
    confirming = shared.confirmation.n_runs if shared.confirmation is not None else 0
    longest = max(average, *(length for _, length in runs), 0.0)
    number = lengths.total(runs) + max(n, 0) * average + confirming * longest
    if number >= shared.epoch_budget:
        return InAll(shared.epoch_budget)
    return InAll(number, is_estimate=drawn or share < 1 or confirming > 0)


def _cells_to_come(n: int, begun: Sequence[Cell], lengths: Lengths) -> list[Run]:
    """The cells that were not begun, if each of them gets one of `n` future runs."""
    if not lengths.runs_of_cells:
        return []
    taken = set(map(identity, begun))
    left = [run for cell, run in lengths.runs_of_cells.items() if cell not in taken]
    return left if len(left) <= n else []


def _average(known: Sequence[float], lengths: Lengths) -> float | None:
    """The average length of all cells, or else of the runs that were begun; None: unknown."""
    return lengths.of_average_cell or (fmean(known) if known else lengths.constant) or None
