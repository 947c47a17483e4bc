"""Measurements that explain why the class with the lowest F1 is hard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.measure.bootstrap import lowest_f1_shares
from analysis.measure.feature_space import mean_images, neighbour_shares, similarities
from analysis.measure.metrics import ClassMetrics, Metrics, top2_accuracy
from analysis.read.predictions import Array, Evaluation


@dataclass(frozen=True)
class Confusion:
    """Images of one class that are predicted as another.

    Attributes:
        index, name: of the other class.
        count: number of images.
        share: fraction of all images of the true class.
    """

    index: int
    name: str
    count: int
    share: float


@dataclass(frozen=True)
class ClassScore:
    """Another class with a measurement: a share in [0, 1] or a correlation in [-1, 1]."""

    index: int
    name: str
    value: float


@dataclass(frozen=True)
class Contrast:
    """The absolute difference of two mean images.

    Attributes:
        mean: over all pixels, on the scale 0 to 255.
        third: the horizontal third of the image in which it is largest: 0 is the upper one.
        third_mean: over the pixels of this third.
    """

    mean: float
    third: int
    third_mean: float


@dataclass(frozen=True)
class HardestClass:
    """The hardest class and the measurements that explain it.

    Attributes:
        num_lowest: number of classes that share the lowest F1.
        num_predicted: number of test images that are predicted as this class.
        lowest_share: fraction of bootstrap resamples in which its F1 is also the lowest.
        other_lowest: the same fraction for each other class, in descending order.
        predicted_as: predictions for its false negatives, most frequent first.
        predicted_from: true classes of its false positives, most frequent first.
        neighbours_k: neighbours per image in feature space; None without features.
        foreign_share: fraction of its neighbours that belong to other classes.
        mean_foreign_share: the same, averaged over the classes.
        neighbour_classes: share of each other class among its neighbours, in descending order.
        similar_classes: correlation of each class's mean image with its own, in descending order.
        present: indices of the classes with test images; the others have no mean image.
        top2: fraction of its images whose class is among the two most probable.
        overall_top2: the same for all images.
        confidence_wrong, confidence_right: mean confidence of predictions for its images.
        confident_mistakes: false negatives with a confidence of 0.9 or more.
        most_confused: index of the class with the most mutual mistakes.
        mutual_mistakes: mistakes between the two classes, in both directions.
        accuracy_if_merged: accuracy of the split if the two classes were one.
        contrast: how the mean images of the two classes differ; None without such a class, or
            without images of one of the two.
    """

    index: int
    metrics: ClassMetrics
    mean_f1: float
    num_lowest: int
    num_predicted: int
    lowest_share: float
    other_lowest: tuple[ClassScore, ...]
    predicted_as: tuple[Confusion, ...]
    predicted_from: tuple[Confusion, ...]
    false_negatives: int
    false_positives: int
    neighbours_k: int | None
    foreign_share: float
    mean_foreign_share: float
    neighbour_classes: tuple[ClassScore, ...]
    similar_classes: tuple[ClassScore, ...]
    present: tuple[int, ...]
    top2: float
    overall_top2: float
    confidence_wrong: float
    confidence_right: float
    confident_mistakes: int
    most_confused: int | None
    mutual_mistakes: int
    accuracy_if_merged: float
    contrast: Contrast | None = None

    def name_of(self, index: int) -> str:
        """The name of another class."""
        return next(entry.name for entry in self.similar_classes if entry.index == index)

    @property
    def flawless(self) -> bool:
        """Whether there are no mistakes at all: the lowest F1 is 1."""
        return self.metrics.f1 == 1


def analyse_class(
    evaluation: Evaluation, metrics: Metrics, *, images: Array, neighbours: int
) -> HardestClass:
    """Measure why the class with the lowest F1 is hard.

    Args:
        images: [N, C, H, W] pixels of the split, in the order of the evaluation.
        neighbours: k of the nearest neighbours in feature space.
    """
    index, names = metrics.lowest, evaluation.classes
    members = evaluation.targets == index
    counts, shares = metrics.confusion, metrics.shares
    others = [other for other in range(len(names)) if other != index]

    def confusions(pairs: list[tuple[int, int, float]]) -> tuple[Confusion, ...]:
        entries = [
            Confusion(other, names[other], count, share) for other, count, share in pairs if count
        ]
        return tuple(sorted(entries, key=lambda entry: -entry.count))

    predicted_as = confusions(
        [(o, int(counts[index, o]), float(shares[index, o])) for o in others]
    )
    predicted_from = confusions(
        [(o, int(counts[o, index]), float(shares[o, index])) for o in others]
    )
    mutual = {o: int(counts[index, o] + counts[o, index]) for o in others}
    most_confused = max(mutual, key=lambda o: mutual[o]) if any(mutual.values()) else None
    means = mean_images(images, evaluation.targets, len(names))
    similar = similarities(means)[index]
    near, mean_foreign_share, k = _neighbourhood(evaluation, index, neighbours)
    wrong, right = members & ~evaluation.correct, members & evaluation.correct
    lowest = lowest_f1_shares(counts)
    return HardestClass(
        index=index,
        metrics=metrics.per_class[index],
        mean_f1=metrics.macro_f1,
        num_lowest=len(metrics.lowest_classes),
        num_predicted=int(counts[:, index].sum()),
        lowest_share=float(lowest[index]),
        other_lowest=_class_scores(lowest, names, others),
        predicted_as=predicted_as,
        predicted_from=predicted_from,
        false_negatives=sum(entry.count for entry in predicted_as),
        false_positives=sum(entry.count for entry in predicted_from),
        neighbours_k=k,
        foreign_share=float(1 - near[index]),
        mean_foreign_share=mean_foreign_share,
        neighbour_classes=_class_scores(near, names, others),
        similar_classes=_class_scores(similar, names, others),
        present=tuple(metrics.present),
        top2=top2_accuracy(evaluation, members) if members.any() else 0.0,
        overall_top2=metrics.top2,
        confidence_wrong=_mean(evaluation.confidence[wrong]),
        confidence_right=_mean(evaluation.confidence[right]),
        confident_mistakes=int((evaluation.confidence[wrong] >= 0.9).sum()),
        most_confused=most_confused,
        mutual_mistakes=mutual.get(most_confused, 0) if most_confused is not None else 0,
        accuracy_if_merged=metrics.accuracy
        + (mutual[most_confused] / metrics.size if most_confused is not None else 0.0),
        contrast=contrast(means[index], means[most_confused])
        if most_confused in metrics.present
        else None,
    )


def contrast(first: Array, second: Array) -> Contrast:
    """How two images [C, H, W] differ, and in which third of their rows most."""
    difference = np.abs(first - second)
    thirds = [float(part.mean()) for part in np.array_split(difference, 3, axis=1) if part.size]
    third = int(np.argmax(thirds))
    return Contrast(float(difference.mean()), third, thirds[third])


def _neighbourhood(
    evaluation: Evaluation, index: int, neighbours: int
) -> tuple[Array, float, int | None]:
    """Shares of the classes among its neighbours, the mean foreign share, and k."""
    features, targets = evaluation.features, evaluation.targets
    k_classes = len(evaluation.classes)
    if features is None or not (targets == index).any():
        return np.eye(k_classes)[index], 0.0, None
    shares = neighbour_shares(features, targets, num_classes=k_classes, k=neighbours)
    foreign = [1 - shares[label, label] for label in np.unique(targets)]
    return shares[index], float(np.mean(foreign)), min(neighbours, len(targets) - 1)


def _class_scores(
    values: Array, names: tuple[str, ...], others: list[int]
) -> tuple[ClassScore, ...]:
    scores = [ClassScore(other, names[other], float(values[other])) for other in others]
    return tuple(sorted(scores, key=lambda entry: -entry.value))


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else 0.0


def gallery(evaluation: Evaluation, index: int, *, count: int) -> tuple[list[int], list[int]]:
    """Indices of a class's most confident mistakes and of typical correct predictions.

    Typical means a confidence close to the median of the correct predictions.
    """
    members = evaluation.targets == index
    wrong = np.flatnonzero(members & ~evaluation.correct)
    right = np.flatnonzero(members & evaluation.correct)
    confidence = evaluation.confidence
    confident = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    middle = np.median(confidence[right]) if len(right) else 0.0
    typical = right[np.argsort(np.abs(confidence[right] - middle), kind="stable")][:count]
    return confident.tolist(), typical.tolist()
