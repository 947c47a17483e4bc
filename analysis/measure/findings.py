"""The findings of an analysis: everything that a report is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.measure.against import Against
from analysis.measure.comparisons import (
    AugmentationComparison,
    BudgetComparison,
    Level,
    SearchCost,
    epochs_of,
    seconds_of,
)
from analysis.measure.hardest_class import HardestClass
from analysis.measure.importances import Importances
from analysis.measure.metrics import Calibration, Metrics
from analysis.measure.paired import Comparison
from analysis.measure.search_bounds import AtBound
from analysis.read.occlusion import Occlusion
from analysis.read.predictions import Array
from analysis.read.study import StudyView, Trial
from tailor.config import RunConfig
from tailor.models.summary import ModelSummary
from tailor.training.result import Row


@dataclass(frozen=True)
class Rival:
    """Another complete trial, compared on the validation images that ranked both.

    Attributes:
        comparison: of the analysed trial (first) with this one (second), corrected for the
            comparisons of all pairs of trials.
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
class TrainingScore:
    """Accuracy on training images, with the weights that were kept, in evaluation mode.

    Attributes:
        accuracy: a fraction.
        size: number of images, a random sample of the training images.
    """

    accuracy: float
    size: int


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
        training_score: accuracy on training images, comparable with validation accuracy.
        rivals: the best other complete trials that have weights and were ranked on the same
            images, best first; trials that repeat another are left out.
        optimism: upper bound on the validation accuracy, as a fraction, that the best trial owes
            to its selection among the rivals; None unless it was selected by validation accuracy.
        at_bounds: parameters whose chosen value is at a bound of the search space.
        class_sizes: training images per class.
        sizes: images in `training`, `validation` and `test`.
        pixel_mean, pixel_std: per channel of the training images, on the scale 0 to 255.
        machine: versions and hardware of the run.
        test_name: name of the test data, if they are not those of the trial.
        augmented: [1 + copies, C, H, W] uint8, a training image and augmented copies of it.
        augmentation: comparison of augmentation with none, if the study tried both.
        against: the best trial of another study, or another run, if one was named.
        occlusions: of the most confident mistakes on the hardest class.
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
    training_score: TrainingScore
    rivals: Sequence[Rival]
    optimism: float | None
    importances: Importances
    effects: Mapping[str, Sequence[Level]]
    search_cost: SearchCost
    budgets: BudgetComparison
    at_bounds: Sequence[AtBound]
    class_sizes: Mapping[str, int]
    sizes: Mapping[str, int]
    pixel_mean: tuple[float, ...]
    pixel_std: tuple[float, ...]
    machine: Mapping[str, str | int | None]
    retrained: Retrained | None = None
    test_name: str | None = None
    augmented: Array | None = None
    augmentation: AugmentationComparison | None = None
    occlusions: tuple[Occlusion, ...] = ()
    against: Against | None = None

    @property
    def runner_up(self) -> Rival | None:
        """The best of the rivals; for an analysed trial that is not the best, the best trial."""
        return self.rivals[0] if self.rivals else None

    @property
    def epochs(self) -> int:
        """Epochs that the trial ran, even if its `metrics.csv` is missing; 0 if unknown."""
        return epochs_of(self.chosen)

    @property
    def seconds(self) -> float:
        """Seconds of its training and validation; 0 if unknown."""
        return seconds_of(self.chosen)
