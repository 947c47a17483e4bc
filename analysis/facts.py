"""Everything that a report is written from: the findings of one analysis, gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.edges import Edge
from analysis.explain.hardest import Hardest
from analysis.metrics import Calibration, Comparison, Metrics
from analysis.select import Budget, Economy, Level
from analysis.trials import StudyView, Trial
from tailor.config import RunConfig
from tailor.models.summary import ModelSummary
from tailor.training.result import Row


@dataclass(frozen=True)
class RunnerUp:
    """The second trial, on the validation images that both were ranked by."""

    trial: Trial
    comparison: Comparison


@dataclass(frozen=True)
class Retrained:
    """The chosen config, trained again on train + validation: test accuracy by seed."""

    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True)
class Facts:
    """The findings.

    Attributes:
        chosen: the trial analysed; `is_best` says whether it is the best on validation.
        best_epoch: the epoch whose weights were kept.
        budgets: trials that stand for the epoch budgets; `budgets_equal` where they differ in
            nothing else.
        support: training images of each class.
        machine: versions and hardware of the run.
        test_name: the data tested on, where it is not the data trained on.
    """

    view: StudyView
    chosen: Trial
    is_best: bool
    config: RunConfig
    summary: ModelSummary
    in_shape: tuple[int, ...]
    history: tuple[Row, ...]
    best_epoch: int
    metrics: Metrics
    calibration: Calibration
    hardest: Hardest
    runner_up: RunnerUp | None
    effects: Mapping[str, Sequence[Level]]
    economy: Economy
    budgets: Sequence[Budget]
    budgets_equal: bool
    edges: Sequence[Edge]
    support: Mapping[str, int]
    sizes: Mapping[str, int]
    machine: Mapping[str, str | int | None]
    retrained: Retrained | None = None
    test_name: str | None = None
