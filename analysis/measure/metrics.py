"""Metrics of an evaluation: accuracy with its interval, per class, confusion, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from analysis.read.predictions import Array, Evaluation

MANY_CLASSES = 20
"""With more classes, tables and bars show the extremes only, and the matrix no numbers."""


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of one class against the rest, as fractions in [0, 1].

    `accuracy` is the fraction of all images that are classified correctly as in the class or not;
    `recall` is the fraction of the class's own images that are predicted as the class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    accuracy: float
    support: int


@dataclass(frozen=True)
class Metrics:
    """Metrics of a split.

    Attributes:
        accuracy_low, accuracy_high: 95 % Wilson interval.
        loss: mean cross-entropy in nats.
        top2: fraction of images whose class is among the two most probable.
        per_class: K entries, in the order of the classes.
        confusion: [K, K] counts; rows are true classes, columns predicted ones.
        lowest: index of the class with the lowest F1 (the first on ties).
        highest: index of the class with the highest F1.

    Classes without images are excluded from means and extremes.
    """

    accuracy: float
    accuracy_low: float
    accuracy_high: float
    loss: float
    top2: float
    per_class: tuple[ClassMetrics, ...]
    confusion: Array
    lowest: int
    highest: int
    size: int

    @property
    def present(self) -> list[int]:
        """Indices of the classes that have images."""
        return [index for index, row in enumerate(self.per_class) if row.support]

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of the classes that have no images."""
        return tuple(row.name for row in self.per_class if not row.support)

    @property
    def macro_f1(self) -> float:
        return self._mean("f1")

    @property
    def macro_precision(self) -> float:
        return self._mean("precision")

    @property
    def macro_recall(self) -> float:
        return self._mean("recall")

    @property
    def macro_accuracy(self) -> float:
        return self._mean("accuracy")

    def _mean(self, column: str) -> float:
        return float(np.mean([getattr(self.per_class[index], column) for index in self.present]))

    @property
    def extremes(self) -> list[int]:
        """Indices of the classes shown in tables of limited length, by ascending F1.

        All classes with images, or the lowest ten and the highest ten of more than `MANY_CLASSES`.
        """
        order = sorted(self.present, key=lambda index: self.per_class[index].f1)
        half = MANY_CLASSES // 2
        return order if len(order) <= MANY_CLASSES else [*order[:half], *order[-half:]]

    @property
    def shares(self) -> Array:
        """[K, K] the confusion matrix with rows normalised to 1 (to 0 without images)."""
        totals = self.confusion.sum(axis=1, keepdims=True)
        return np.asarray(self.confusion / np.maximum(totals, 1))


def wilson(successes: int, total: int) -> tuple[float, float]:
    """95 % interval of a proportion.

    Source: Wilson 1927, as in `scipy.stats.binomtest(...).proportion_ci(method="wilson")`.
    """
    interval = binomtest(successes, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def difference_interval(
    first: float, size: int, second: float, other_size: int
) -> tuple[float, float]:
    """95 % interval of the first proportion minus the second, of independent samples.

    Source: Wald's interval for two independent binomial proportions.
    """
    variance = first * (1 - first) / size + second * (1 - second) / other_size
    margin = float(norm.ppf(0.975)) * variance**0.5
    return first - second - margin, first - second + margin


def measure(evaluation: Evaluation) -> Metrics:
    """Compute all metrics of a split. The F1 of a class that is never predicted is 0."""
    labels = np.arange(len(evaluation.classes))
    targets, predicted = evaluation.targets, evaluation.predicted
    confusion = confusion_matrix(targets, predicted, labels=labels)
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predicted, labels=labels, zero_division=0.0
    )
    size = len(targets)
    # Per class, the mistakes in its row and in its column; all other images count as correct.
    wrong = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diag(confusion)
    low, high = wilson(int(np.trace(confusion)), size)
    present = np.flatnonzero(support)
    return Metrics(
        accuracy=float(np.trace(confusion) / size),
        accuracy_low=low,
        accuracy_high=high,
        loss=float(log_loss(targets, evaluation.probabilities, labels=labels)),
        top2=top2_accuracy(evaluation),
        per_class=tuple(
            ClassMetrics(
                name=name,
                precision=float(precision[index]),
                recall=float(recall[index]),
                f1=float(f1[index]),
                accuracy=float(1 - wrong[index] / size),
                support=int(support[index]),
            )
            for index, name in enumerate(evaluation.classes)
        ),
        confusion=confusion,
        lowest=int(present[f1[present].argmin()]),
        highest=int(present[f1[present].argmax()]),
        size=size,
    )


def top2_accuracy(evaluation: Evaluation, members: Array | None = None) -> float:
    """Fraction of images (of `members`, [N] bool) whose class is among the two most probable."""
    chosen = slice(None) if members is None else members
    targets, scores = evaluation.targets[chosen], evaluation.probabilities[chosen]
    if len(evaluation.classes) <= 2:
        return 1.0  # scikit-learn rejects k=2 for two classes, where every image counts
    labels = np.arange(len(evaluation.classes))
    return float(top_k_accuracy_score(targets, scores, k=2, labels=labels))


@dataclass(frozen=True)
class Calibration:
    """Confidence and accuracy in bins of equal width over (0, 1]; empty bins are left out.

    Attributes:
        confidence, accuracy: means in each bin.
        counts: images in each bin.
        upper_bounds: of each bin.
        error: expected calibration error, a fraction; lower is better.
        chance: the error that a perfectly calibrated network is expected to show on so few images.
        surplus: mean confidence minus accuracy; negative if the network is underconfident.
    """

    confidence: Array
    accuracy: Array
    counts: Array
    upper_bounds: Array
    error: float
    chance: float
    surplus: float


def calibrate(evaluation: Evaluation, *, bins: int) -> Calibration:
    """Bin the confidences; average the gaps to accuracy, weighted by the images of each bin.

    Source: Guo et al. 2017, arXiv:1706.04599, section 2.
    """
    confidence, correct = evaluation.confidence, evaluation.correct
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    filled = counts > 0
    mean_confidence = np.bincount(bin_of, confidence, bins)[filled] / counts[filled]
    mean_accuracy = np.bincount(bin_of, correct, bins)[filled] / counts[filled]
    gaps = np.abs(mean_confidence - mean_accuracy)
    # Expected |share - p| of n images with probability p: sqrt(2 p (1 - p) / (pi n)).
    spread = np.sqrt(2 * mean_confidence * (1 - mean_confidence) / (np.pi * counts[filled]))
    return Calibration(
        confidence=mean_confidence,
        accuracy=mean_accuracy,
        counts=counts[filled],
        upper_bounds=(np.arange(1, bins + 1) / bins)[filled],
        error=float((gaps * counts[filled]).sum() / counts.sum()),
        chance=float((spread * counts[filled]).sum() / counts.sum()),
        surplus=float(confidence.mean() - correct.mean()),
    )


@dataclass(frozen=True)
class Comparison:
    """Comparison of two networks on the same images.

    Attributes:
        only_first, only_second: images that only this network classifies correctly.
        p_value: of McNemar's exact test.
        difference: accuracy of the first minus that of the second.
        difference_low, difference_high: its 95 % interval.
    """

    only_first: int
    only_second: int
    p_value: float
    difference: float
    difference_low: float
    difference_high: float


def mcnemar(first: Evaluation, second: Evaluation) -> Comparison:
    """Compare two networks on the same images.

    Source: McNemar 1947; exact form: a binomial test with p = 1/2 on the discordant pairs. The
    interval is Wald's for paired proportions (Agresti 2013, Categorical Data Analysis, 11.1).
    """
    only_first = int((first.correct & ~second.correct).sum())
    only_second = int((~first.correct & second.correct).sum())
    discordant = only_first + only_second
    p_value = float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
    size, surplus = len(first.targets), only_first - only_second
    half = norm.ppf(0.975) * (discordant - surplus**2 / size) ** 0.5 / size
    difference = surplus / size
    return Comparison(
        only_first,
        only_second,
        p_value,
        difference,
        difference_low=float(difference - half),
        difference_high=float(difference + half),
    )


def as_dict(metrics: Metrics) -> dict[str, Any]:
    """The metrics as plain values, for `metrics.json`."""
    return {
        "accuracy": metrics.accuracy,
        "accuracy_interval_95": [metrics.accuracy_low, metrics.accuracy_high],
        "loss": metrics.loss,
        "top2_accuracy": metrics.top2,
        "images": metrics.size,
        "macro": {
            "precision": metrics.macro_precision,
            "recall": metrics.macro_recall,
            "f1": metrics.macro_f1,
        },
        "per_class": {
            row.name: {
                "precision": row.precision,
                "recall": row.recall,
                "f1": row.f1,
                "accuracy": row.accuracy,
                "support": row.support,
            }
            for row in metrics.per_class
        },
        "lowest_f1_class": metrics.per_class[metrics.lowest].name,
        "classes_without_images": list(metrics.absent),
        "confusion_matrix": metrics.confusion.tolist(),
    }
