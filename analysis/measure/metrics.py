"""Metrics of an evaluation: accuracy with its interval, per class, confusion, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Any

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student_t
from sklearn.metrics import (
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

from analysis.read.predictions import Array, Evaluation
from analysis.wording import class_names

CALIBRATION_SAMPLES = 1000
"""Number of simulated samples of a network with known calibration."""
MANY_CLASSES = 20
"""With more classes, tables and bars show the extremes only, and the matrix no numbers."""


@dataclass(frozen=True)
class ClassMetrics:
    """Metrics of one class against the rest, as fractions in [0, 1].

    `accuracy` is the fraction of all images correctly classified as in the class or not in it;
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
        lowest: index of the class with the lowest F1 (the first of `lowest_classes`).
        highest: index of the class with the highest F1 (the first of `highest_classes`).

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
    def lowest_classes(self) -> list[int]:
        """Indices of all classes that share the lowest F1."""
        return self._with_f1_of(self.lowest)

    @property
    def highest_classes(self) -> list[int]:
        """Indices of all classes that share the highest F1."""
        return self._with_f1_of(self.highest)

    def named(self, indices: Sequence[int]) -> str:
        """Some classes within a sentence: their names, or their number."""
        return class_names([self.per_class[index].name for index in indices], len(self.present))

    def _with_f1_of(self, index: int) -> list[int]:
        f1 = self.per_class[index].f1
        return [other for other in self.present if self.per_class[other].f1 == f1]

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

    Source: the hybrid score interval of Newcombe 1998, Statistics in Medicine 17, method 10. It
    holds for small samples and proportions near 1 too.
    """
    low, high = wilson(round(first * size), size)
    other_low, other_high = wilson(round(second * other_size), other_size)
    below = math.hypot(first - low, other_high - second)
    above = math.hypot(high - first, second - other_low)
    return first - second - below, first - second + above


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
        chance: expected error of a perfectly calibrated network on this number of images.
        chance_limit: a perfectly calibrated network stays below this error in 95 % of samples of
            this size.
        visible: the smallest overconfidence, as a fraction, that would exceed `chance_limit` in
            80 % of samples of this size.
        surplus: mean confidence minus accuracy; negative if the network is underconfident.
    """

    confidence: Array
    accuracy: Array
    counts: Array
    upper_bounds: Array
    error: float
    chance: float
    chance_limit: float
    visible: float
    surplus: float

    @property
    def shows(self) -> bool:
        """Whether sampling error is unlikely to explain the calibration error."""
        return self.error > self.chance_limit


def calibrate(evaluation: Evaluation, *, bins: int, seed: int = 0) -> Calibration:
    """Bin the confidences; average the gaps to accuracy, weighted by the images of each bin.

    Args:
        bins: number of bins.
        seed: of the simulated samples behind `chance_limit` and `visible`.

    Source: Guo et al. 2017, arXiv:1706.04599, section 2; resampling under perfect calibration as
    in Vaicenavicius et al. 2019, arXiv:1902.06977, section 5.
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
    chance_limit, visible = _visibility(mean_confidence, counts[filled], seed)
    return Calibration(
        confidence=mean_confidence,
        accuracy=mean_accuracy,
        counts=counts[filled],
        upper_bounds=(np.arange(1, bins + 1) / bins)[filled],
        error=float((gaps * counts[filled]).sum() / counts.sum()),
        chance=float((spread * counts[filled]).sum() / counts.sum()),
        chance_limit=chance_limit,
        visible=visible,
        surplus=float(confidence.mean() - correct.mean()),
    )


def _visibility(confidence: Array, counts: Array, seed: int) -> tuple[float, float]:
    """`chance_limit` and `visible` of a calibration with these bins."""
    random = np.random.default_rng(seed)

    def errors(overconfidence: float) -> Array:
        """[S] calibration errors of samples of a network overconfident by this fraction."""
        accuracy = np.clip(confidence - overconfidence, 0, 1)
        correct = random.binomial(counts, accuracy, size=(CALIBRATION_SAMPLES, len(counts)))
        gaps: Array = np.abs(correct - counts * confidence).sum(axis=1) / counts.sum()
        return gaps

    limit = float(np.quantile(errors(0.0), 0.95))
    steps = np.linspace(0, 1, 201)[1:]  # half a percentage point each
    power = next((step for step in steps if (errors(step) > limit).mean() >= 0.8), 1.0)
    return limit, float(power)


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
        "lowest_f1_classes": [metrics.per_class[index].name for index in metrics.lowest_classes],
        "classes_without_images": list(metrics.absent),
        "confusion_matrix": metrics.confusion.tolist(),
    }


def mean_margin(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean of two or more values (Student's t)."""
    count = len(values)
    return float(student_t.ppf(0.975, count - 1)) * stdev(values) / math.sqrt(count)
