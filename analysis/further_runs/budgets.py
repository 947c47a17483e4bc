"""Training of the chosen config at several epoch budgets, so that only the epochs differ."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from analysis.measure.comparisons import EPOCHS, Budget, BudgetComparison
from analysis.measure.paired import compare, pairs_of
from analysis.read.predictions import Array, evaluate
from analysis.read.restored import Restored
from analysis.read.run_files import read_history
from analysis.read.study import StudyView
from analysis.wording import counted, objective_value, short
from tailor.training import fit, restore


def epochs_to_train(view: StudyView, own: int) -> list[int]:
    """The epoch budgets to compare, in ascending order.

    With a search over epochs: all values of a list, or the ends and the geometric mean of an
    interval. Without one: half and twice the config's own epochs.

    Args:
        own: epochs of the chosen config, which are always included.
    """
    space = view.spaces.get(EPOCHS)
    if space is None:
        others = [max(1, own // 2), 2 * own]
    elif space.levels is not None:
        others = [int(value) for value in space.levels]
    else:
        assert space.low is not None
        assert space.high is not None
        others = [int(space.low), round((space.low * space.high) ** 0.5), int(space.high)]
    return sorted({own, *others})


def train_budgets(
    view: StudyView, restored: Restored, directory: Path, log: Callable[[str], None]
) -> BudgetComparison:
    """Train the chosen config at each budget and compare the best one on validation images.

    Args:
        directory: gets one run directory per budget; an interrupted run is resumed.
        log: called with one line per run.
    """
    first = view.objectives[0]
    compared = epochs_to_train(view, restored.config.training.epochs)
    if len(compared) < 2:
        return BudgetComparison()
    budgets: list[Budget] = []
    correct: list[Array] = []
    for epochs in compared:
        config = deepcopy(restored.config)
        config.training.epochs = epochs
        config.training.device = str(restored.device)
        run_directory = directory / str(epochs)
        value = fit(config, restored.splits, run_directory).value_of(first)
        model = restore(run_directory, config, restored.splits).to(restored.device)
        validation = restored.splits.val
        correct.append(evaluate(model, validation, restored.normalise, restored.device).correct)
        trial = replace(
            restored.trial, values=(value,), history=tuple(read_history(run_directory))
        )
        budgets.append(Budget(epochs, trial, 1, 0, trained=True))
        log(f"trained {counted(epochs, 'epoch')}: {short(first)} {objective_value(first, value)}")
    sign = -1 if view.maximize[0] else 1  # of equal values the shorter training is better
    best = min(budgets, key=lambda budget: sign * budget.trial.values[0])
    comparison = BudgetComparison(tuple(budgets), equal=True, best=best)
    mine, other = budgets.index(best), budgets.index(comparison.reference)
    test = compare(correct[mine], correct[other], comparisons=pairs_of(len(budgets)))
    return replace(comparison, test=test)
