"""Why the class with the lowest F1 is hard: measured, not guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.measure.bootstrap import lowest_f1_shares
from analysis.measure.feature_space import mean_images, neighbour_shares, similarities
from analysis.measure.metrics import ClassMetrics, Metrics, top2_accuracy
from analysis.read.predictions import Array, Evaluation


@dataclass(frozen=True)
class Exchange:
    """Images that went from one class to another.

    Attributes:
        name: the other class.
        count: images.
        share: of all images of the class that they truly belong to.
    """

    index: int
    name: str
    count: int
    share: float


@dataclass(frozen=True)
class Kinship:
    """How near another class is: shares and correlations in [0, 1] and [-1, 1]."""

    index: int
    name: str
    value: float


@dataclass(frozen=True)
class Hardest:
    """The evidence about one class.

    Attributes:
        settled: share of bootstrap draws of the test images in which its F1 is the lowest too;
            `rivals` are the classes that are it in the others, most often first.
        taken_by: classes that its images were taken for, most first.
        given_by: classes whose images were taken for it, most first.
        neighbours_k: neighbours counted an image; None where features are not known.
        foreign: share of them that belong to other classes; `usual_foreign` is that of the
            classes on average.
        nearest: classes among those neighbours, its own left out, most first.
        alike: classes by the correlation of their mean image with its own, highest first.
        top2: share of its images whose class is among the two most probable.
        confidence_wrong, confidence_right: mean probability that its predictions had, by outcome.
        sure_wrong: mistakes on its images made with a probability of 0.9 or more.
        mutual: mistakes between it and its closest class, both ways.
        accuracy_if_merged: accuracy of the split if those two classes were one.
    """

    index: int
    metrics: ClassMetrics
    mean_f1: float
    settled: float
    rivals: tuple[Kinship, ...]
    taken_by: tuple[Exchange, ...]
    given_by: tuple[Exchange, ...]
    missed: int
    wrongly_taken: int
    neighbours_k: int | None
    foreign: float
    usual_foreign: float
    nearest: tuple[Kinship, ...]
    alike: tuple[Kinship, ...]
    top2: float
    usual_top2: float
    confidence_wrong: float
    confidence_right: float
    sure_wrong: int
    closest: int | None
    mutual: int
    accuracy_if_merged: float

    @property
    def flawless(self) -> bool:
        """Whether there is no mistake at all: the lowest F1 is then 1."""
        return self.metrics.f1 == 1


def study_class(
    evaluation: Evaluation, metrics: Metrics, *, images: Array, neighbours: int
) -> Hardest:
    """Collect the evidence about the class with the lowest F1.

    Args:
        images: [N, ...] pixels of the split, in the order of the evaluation.
        neighbours: k of the nearest neighbours in feature space.
    """
    index, names = metrics.lowest, evaluation.classes
    members = evaluation.targets == index
    counts, shares = metrics.confusion, metrics.shares
    others = [other for other in range(len(names)) if other != index]

    def exchanges(pairs: list[tuple[int, int, float]]) -> tuple[Exchange, ...]:
        found = [Exchange(other, names[other], n, share) for other, n, share in pairs if n]
        return tuple(sorted(found, key=lambda e: -e.count))

    taken = exchanges([(o, int(counts[index, o]), float(shares[index, o])) for o in others])
    given = exchanges([(o, int(counts[o, index]), float(shares[o, index])) for o in others])
    mutual = {o: int(counts[index, o] + counts[o, index]) for o in others}
    closest = max(mutual, key=lambda o: mutual[o]) if any(mutual.values()) else None
    similar = similarities(mean_images(images, evaluation.targets, len(names)))[index]
    near, usual_foreign, k = _neighbourhood(evaluation, index, neighbours)
    wrong, right = members & ~evaluation.correct, members & evaluation.correct
    lowest = lowest_f1_shares(counts)
    return Hardest(
        index=index,
        metrics=metrics.per_class[index],
        mean_f1=metrics.macro_f1,
        settled=float(lowest[index]),
        rivals=_kin(lowest, names, others),
        taken_by=taken,
        given_by=given,
        missed=sum(exchange.count for exchange in taken),
        wrongly_taken=sum(exchange.count for exchange in given),
        neighbours_k=k,
        foreign=float(1 - near[index]),
        usual_foreign=usual_foreign,
        nearest=_kin(near, names, others),
        alike=_kin(similar, names, others),
        top2=top2_accuracy(evaluation, members) if members.any() else 0.0,
        usual_top2=metrics.top2,
        confidence_wrong=_mean(evaluation.confidence[wrong]),
        confidence_right=_mean(evaluation.confidence[right]),
        sure_wrong=int((evaluation.confidence[wrong] >= 0.9).sum()),
        closest=closest,
        mutual=mutual.get(closest, 0) if closest is not None else 0,
        accuracy_if_merged=metrics.accuracy
        + (mutual[closest] / metrics.size if closest is not None else 0.0),
    )


def _neighbourhood(
    evaluation: Evaluation, index: int, neighbours: int
) -> tuple[Array, float, int | None]:
    """Class shares around the class, the mean foreign share of all classes, and k."""
    features, targets = evaluation.features, evaluation.targets
    k_classes = len(evaluation.classes)
    if features is None or not (targets == index).any():
        return np.eye(k_classes)[index], 0.0, None
    shares = neighbour_shares(features, targets, num_classes=k_classes, k=neighbours)
    foreign = [1 - shares[label, label] for label in np.unique(targets)]
    return shares[index], float(np.mean(foreign)), min(neighbours, len(targets) - 1)


def _kin(values: Array, names: tuple[str, ...], others: list[int]) -> tuple[Kinship, ...]:
    kin = [Kinship(other, names[other], float(values[other])) for other in others]
    return tuple(sorted(kin, key=lambda entry: -entry.value))


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else 0.0


def gallery(evaluation: Evaluation, index: int, *, count: int) -> tuple[list[int], list[int]]:
    """Indices of a class's most confident mistakes, and of its typical right images.

    Typical are those whose confidence is nearest to the median of the right ones.
    """
    members = evaluation.targets == index
    wrong = np.flatnonzero(members & ~evaluation.correct)
    right = np.flatnonzero(members & evaluation.correct)
    confidence = evaluation.confidence
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    middle = np.median(confidence[right]) if len(right) else 0.0
    typical = right[np.argsort(np.abs(confidence[right] - middle), kind="stable")][:count]
    return worst.tolist(), typical.tolist()
