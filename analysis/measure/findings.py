"""Everything that a report is written from: the findings of one analysis, gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.measure.comparisons import Budget, Economy, Level, epochs_of, seconds_of
from analysis.measure.hardest_class import Hardest
from analysis.measure.metrics import Calibration, Comparison, Metrics
from analysis.measure.search_bounds import Edge
from analysis.read.study import StudyView, Trial
from tailor.config import RunConfig
from tailor.models.summary import ModelSummary
from tailor.training.result import Row


@dataclass(frozen=True)
class RunnerUp:
    """The best other complete trial, on the validation images that both were ranked by.

    Beside an analysed trial that is not the best, that is the best one.

    Attributes:
        comparison: the analysed trial first, this one second.
        rank: its place among all complete trials, from 1.
    """

    trial: Trial
    comparison: Comparison
    rank: int

    @property
    def number(self) -> int:
        return self.trial.number

    @property
    def is_best(self) -> bool:
        return self.rank == 1


@dataclass(frozen=True)
class Retrained:
    """The chosen config, trained again on train + validation: test accuracy by seed."""

    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True)
class Findings:
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

    @property
    def epochs(self) -> int:
        """Epochs that the trial ran, also where its `metrics.csv` is gone; 0 where unknown."""
        return epochs_of(self.chosen)

    @property
    def seconds(self) -> float:
        """Seconds of its training and validation, the like."""
        return seconds_of(self.chosen)
