"""The findings of an analysis: everything that a report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.measure.comparisons import Budget, Level, SearchCost, epochs_of, seconds_of
from analysis.measure.hardest_class import HardestClass
from analysis.measure.metrics import Calibration, Comparison, Metrics
from analysis.measure.search_bounds import AtBound
from analysis.read.study import StudyView, Trial
from tailor.config import RunConfig
from tailor.models.summary import ModelSummary
from tailor.training.result import Row


@dataclass(frozen=True)
class RunnerUp:
    """The best other complete trial, compared on the validation images that ranked both.

    For an analysed trial that is not the best, this is the best one.

    Attributes:
        comparison: the analysed trial is the first, this one the second.
        rank: among all complete trials, starting at 1.
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
    """Test accuracy per seed of the chosen config, retrained on train + validation."""

    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True)
class Findings:
    """The findings of an analysis.

    Attributes:
        chosen: the analysed trial; `is_best` if it is the best on validation.
        best_epoch: the epoch whose weights were kept.
        budgets: one trial per epoch budget; `budgets_equal` if they differ in nothing else.
        at_bounds: parameters whose chosen value is at a bound of the search space.
        class_sizes: training images per class.
        sizes: images in `training`, `validation` and `test`.
        machine: versions and hardware of the run.
        test_name: name of the test data, if they are not those of the trial.
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
    hardest: HardestClass
    runner_up: RunnerUp | None
    effects: Mapping[str, Sequence[Level]]
    search_cost: SearchCost
    budgets: Sequence[Budget]
    budgets_equal: bool
    at_bounds: Sequence[AtBound]
    class_sizes: Mapping[str, int]
    sizes: Mapping[str, int]
    machine: Mapping[str, str | int | None]
    retrained: Retrained | None = None
    test_name: str | None = None

    @property
    def epochs(self) -> int:
        """Epochs that the trial ran, even if its `metrics.csv` is missing; 0 if unknown."""
        return epochs_of(self.chosen)

    @property
    def seconds(self) -> float:
        """Seconds of its training and validation; 0 if unknown."""
        return seconds_of(self.chosen)
