"""Patterns of the confusion matrix: frequent pairs, groups of classes, one-sided confusions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.stats import binomtest

from analysis.measure.metrics import Metrics
from analysis.text.hardest_class import MIN_MISTAKES_FOR_SHARES, MIN_MUTUAL_MISTAKES
from analysis.wording import class_name, listed, percent

MAX_PAIRS = 3
"""Number of pairs that are named."""
GROUP_FACTOR = 2
"""A pair joins a group if it has this multiple of an average pair's mistakes."""
MAX_NAMED_CLASSES = 6
"""Larger groups are not named."""


def patterns(metrics: Metrics) -> str:
    """Describe the pattern of the mistakes; empty with few mistakes or two classes."""
    wrong = metrics.confusion - np.diag(np.diag(metrics.confusion))
    total = int(wrong.sum())
    if len(metrics.present) < 3 or total < MIN_MISTAKES_FOR_SHARES:
        return ""
    mutual = wrong + wrong.T
    pairs = [
        (int(mutual[i, j]), i, j)
        for i, j in combinations(range(len(wrong)), 2)
        if mutual[i, j] >= MIN_MUTUAL_MISTAKES
    ]
    pairs.sort(key=lambda pair: (-pair[0], *pair[1:]))
    if not pairs:
        return f"No two classes share {MIN_MUTUAL_MISTAKES} of the {total:,} mistakes or more."
    sentences = (
        _frequent(metrics, pairs[:MAX_PAIRS], total),
        _groups(metrics, mutual, total),
        _one_sided(metrics, wrong, pairs),
    )
    return " ".join(sentence for sentence in sentences if sentence)


def _name(metrics: Metrics, index: int) -> str:
    return class_name(metrics.per_class[index].name)


def _frequent(metrics: Metrics, pairs: list[tuple[int, int, int]], total: int) -> str:
    named = [
        f"{_name(metrics, i)} and {_name(metrics, j)} ({count:,}, {percent(count / total, 0)})"
        for count, i, j in pairs
    ]
    verb = "is" if len(named) == 1 else "are"
    noun = "confusion" if len(named) == 1 else "confusions"
    return f"Of the {total:,} mistakes, the most frequent {noun} {verb} between {listed(named)}."


def _groups(metrics: Metrics, mutual: np.ndarray, total: int) -> str:
    """Groups of three or more classes that are joined by frequent confusions."""
    present = len(metrics.present)
    average = total / (present * (present - 1) / 2)
    frequent = (mutual >= GROUP_FACTOR * average) & (mutual >= MIN_MUTUAL_MISTAKES)
    count, labels = connected_components(frequent, directed=False)
    groups = []
    for label in range(count):
        members = np.flatnonzero(labels == label)
        if not 3 <= len(members) <= min(MAX_NAMED_CLASSES, present - 1):
            continue
        within = int(mutual[np.ix_(members, members)].sum()) // 2
        names = listed([_name(metrics, int(index)) for index in members])
        groups.append((within, f"{names} ({percent(within / total, 0)} of all mistakes)"))
    if not groups:
        return ""
    ordered = [text for _, text in sorted(groups, key=lambda group: -group[0])]
    noun = "a group of classes" if len(groups) == 1 else "groups of classes"
    return f"Mistakes concentrate within {noun}: {'; '.join(ordered)}."


def _one_sided(metrics: Metrics, wrong: np.ndarray, pairs: list[tuple[int, int, int]]) -> str:
    """Pairs in which one direction is more frequent than chance explains."""
    sentences = []
    for count, i, j in pairs:
        sizes = metrics.per_class[i].support, metrics.per_class[j].support
        # By chance, both directions are equally likely per image.
        share = sizes[0] / sum(sizes)
        # Corrected for the number of tested pairs (Bonferroni).
        if len(pairs) * binomtest(int(wrong[i, j]), count, share).pvalue >= 0.05:
            continue
        true, other = (i, j) if wrong[i, j] > share * count else (j, i)
        first, second = (metrics.per_class[index].support for index in (true, other))
        sentences.append(
            f"{wrong[true, other]:,} of {first:,} images of {_name(metrics, true)} are predicted "
            f"as {_name(metrics, other)}, and {wrong[other, true]:,} of {second:,} the other way "
            "round"
        )
    if not sentences:
        return ""
    return (
        "Some confusions are one-sided, more than chance makes them: "
        f"{'; '.join(sentences[:MAX_PAIRS])}."
    )
