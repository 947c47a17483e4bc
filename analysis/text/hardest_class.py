"""The section about the hardest class. The findings decide which sentences it has."""

from __future__ import annotations

from dataclasses import replace

from analysis.measure.bootstrap import RESAMPLES
from analysis.measure.hardest_class import ClassScore, Confusion, HardestClass
from analysis.wording import class_name, counted, listed, percent

MIN_PRECISION_RECALL_GAP = 0.02
"""Smallest gap between precision and recall that is reported."""
MIN_CERTAIN_SHARE = 0.95
"""A class is certainly the hardest if it is so in this fraction of the resamples."""
MIN_OUTLINE_CORRELATION = 0.7
"""Two mean images with this correlation have similar outlines."""


def paragraphs(hardest: HardestClass) -> list[str]:
    """Describe the class with the lowest F1, why it is hard, and what a solution would gain."""
    hardest = _with_names_for_sentences(hardest)
    if hardest.flawless:
        return ["Every test image is classified correctly, so no class is harder than another."]
    return [
        text
        for text in (
            _scores(hardest),
            _certainty(hardest),
            _confusions(hardest),
            _similarity(hardest),
            _confidence(hardest),
            _gain(hardest),
        )
        if text
    ]


def _with_names_for_sentences(hardest: HardestClass) -> HardestClass:
    def confusions(entries: tuple[Confusion, ...]) -> tuple[Confusion, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in entries)

    def scores(entries: tuple[ClassScore, ...]) -> tuple[ClassScore, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in entries)

    return replace(
        hardest,
        metrics=replace(hardest.metrics, name=class_name(hardest.metrics.name)),
        predicted_as=confusions(hardest.predicted_as),
        predicted_from=confusions(hardest.predicted_from),
        other_lowest=scores(hardest.other_lowest),
        neighbour_classes=scores(hardest.neighbour_classes),
        similar_classes=scores(hardest.similar_classes),
    )


def _scores(hardest: HardestClass) -> str:
    row = hardest.metrics
    text = (
        f"The class with the lowest F1 is {row.name}: {row.f1:.3f}, compared with a mean of "
        f"{hardest.mean_f1:.3f}. Its precision is {row.precision:.3f} and its recall "
        f"{row.recall:.3f}: "
    )
    missed = counted(hardest.false_negatives, "image")
    wrong = counted(hardest.false_positives, "image")
    if not hardest.false_positives:
        return text + (
            "it has false negatives but no false positives. The network predicts another class "
            f"for {missed} of {row.name}."
        )
    if not hardest.false_negatives:
        return text + (
            f"it has false positives but no false negatives. The network predicts {row.name} for "
            f"{wrong} of other classes."
        )
    if row.recall < row.precision - MIN_PRECISION_RECALL_GAP:
        balance = "it has more false negatives than false positives"
    elif row.precision < row.recall - MIN_PRECISION_RECALL_GAP:
        balance = "it has more false positives than false negatives"
    else:
        balance = "false negatives and false positives are about equally frequent"
    return text + (
        f"{balance}. The network predicts another class for {missed} of {row.name}, and "
        f"{row.name} for {wrong} of other classes."
    )


def _certainty(hardest: HardestClass) -> str:
    """Whether other test images would have given the same class."""
    resamples = f"{RESAMPLES:,} bootstrap resamples of the test images"
    share = percent(hardest.lowest_share, 0)
    if hardest.lowest_share >= MIN_CERTAIN_SHARE:
        return (
            f"It also has the lowest F1 in {share} of {resamples}, so the result does not depend "
            "on a few images."
        )
    others = [entry for entry in hardest.other_lowest if entry.value >= 0.05][:4]
    shares = [f"{entry.name} in {percent(entry.value, 0)}" for entry in others]
    return (
        f"The test images do not settle which class is the hardest: over {resamples}, the lowest "
        f"F1 is that of {listed([f'{hardest.metrics.name} in {share}', *shares])}."
    )


def _leading(confusions: tuple[Confusion, ...], total: int) -> str:
    leading = confusions[:3]
    parts = [
        f"{entry.name} ({entry.count:,}, {percent(entry.count / total, 0)})" for entry in leading
    ]
    rest = total - sum(entry.count for entry in leading)
    if rest:
        parts.append(f"others ({rest:,})")
    return listed(parts)


def _confusions(hardest: HardestClass) -> str:
    if not hardest.predicted_as and not hardest.predicted_from:
        return ""
    sentences = []
    if hardest.predicted_as:
        leading = _leading(hardest.predicted_as, hardest.false_negatives)
        sentences.append(f"Its false negatives are predicted as {leading}.")
    if hardest.predicted_from:
        leading = _leading(hardest.predicted_from, hardest.false_positives)
        sentences.append(f"Its false positives are images of {leading}.")
    if hardest.most_confused is not None and _has_several_others(hardest):
        total = hardest.false_negatives + hardest.false_positives
        share = hardest.mutual_mistakes / total
        partner = _name(hardest, hardest.most_confused)
        pair = f"are between {hardest.metrics.name} and {partner}"
        if share == 1:
            sentences.append(f"All of these mistakes {pair}.")
        elif share >= 0.5:
            sentences.append(f"Most of these mistakes ({percent(share, 0)}) {pair}.")
        elif share >= 0.25:
            sentences.append(
                f"{percent(share, 0)} of these mistakes {pair}, but no single class explains most "
                "of them."
            )
        else:
            sentences.append(
                f"The mistakes are spread over many classes: {partner}, the most frequent one, "
                f"accounts for only {percent(share, 0)} of them."
            )
    return " ".join(sentences)


def _has_several_others(hardest: HardestClass) -> bool:
    """Whether there are more than two classes; of two, the partner is always the other one."""
    return len(hardest.similar_classes) > 1


def _name(hardest: HardestClass, index: int) -> str:
    return next(entry.name for entry in hardest.similar_classes if entry.index == index)


def _similarity(hardest: HardestClass) -> str:
    return f"{_neighbours(hardest)} {_outline(hardest)}".strip()


def _neighbours(hardest: HardestClass) -> str:
    k = hardest.neighbours_k
    # A class with hardly more than k images has neighbours of other classes in any case.
    if k is None or hardest.metrics.support <= 2 * k:
        return ""
    mean = hardest.mean_foreign_share
    ratio = hardest.foreign_share / mean if mean else 1.0
    average = f"the average over the classes, {percent(mean)}"
    if ratio >= 1.1:
        overlap = "overlaps with other classes more than average"
        comparison = f" ({ratio:.1f} times {average})"
    else:
        overlap = "does not overlap with other classes noticeably more than average"
        comparison = f", {'no more than' if ratio <= 1 else 'about as many as'} {average}"
    text = (
        f"In the features that enter the last layer, {hardest.metrics.name} {overlap}: of the {k} "
        "nearest test images of each of its images, "
        f"{percent(hardest.foreign_share)} belong to other classes{comparison}"
    )
    near = [entry for entry in hardest.neighbour_classes if entry.value >= 0.005][:3]
    if near and _has_several_others(hardest):
        shares = [f"{entry.name} ({percent(entry.value)})" for entry in near]
        text += f"; the most frequent {'is' if len(near) == 1 else 'are'} {listed(shares)}"
    return text + "."


def _outline(hardest: HardestClass) -> str:
    if not _has_several_others(hardest):
        return ""
    first, partner = hardest.similar_classes[0], hardest.most_confused
    text = (
        f"The mean image of {hardest.metrics.name} is most similar to that of {first.name} "
        f"(pixel correlation {first.value:.2f})"
    )
    if partner is None:
        return text + "."
    if first.index == partner:
        text += ", which is also the class it is most often confused with"
        alike = first.value >= MIN_OUTLINE_CORRELATION
        return text + (": the two have similar outlines." if alike else ".")
    rank = [entry.index for entry in hardest.similar_classes].index(partner) + 1
    value = hardest.similar_classes[rank - 1].value
    alone = " alone" if value >= MIN_OUTLINE_CORRELATION else ""
    return text + (
        f"; {_name(hardest, partner)}, the class it is most often confused with, has rank {rank} "
        f"of {len(hardest.similar_classes)} ({value:.2f}), so similar outlines{alone} do not "
        "explain the confusion."
    )


def _confidence(hardest: HardestClass) -> str:
    if not hardest.false_negatives:
        return ""
    text = _second_choice(hardest) if _has_several_others(hardest) else ""
    text += (
        "Wrong predictions for images of this class have a mean confidence of "
        f"{hardest.confidence_wrong:.2f}"
    )
    if hardest.false_negatives < hardest.metrics.support:
        text += f", correct ones of {hardest.confidence_right:.2f}"
    if hardest.confident_mistakes == 0:
        return text + "; no wrong prediction has a confidence of 0.9 or more."
    share = hardest.confident_mistakes / hardest.false_negatives
    return text + (
        f"; {percent(share, 0)} of the wrong ones ({hardest.confident_mistakes:,} of "
        f"{hardest.false_negatives:,}) have a confidence of 0.9 or more, so a threshold there "
        "would not catch them."
    )


def _second_choice(hardest: HardestClass) -> str:
    gain = hardest.top2 - hardest.metrics.recall
    frequency = "often" if gain >= 0.5 * (1 - hardest.metrics.recall) else "rarely"
    return (
        f"Where the most probable class is wrong, the second is {frequency} right: for images of "
        f"{hardest.metrics.name}, the true class is the most probable in "
        f"{percent(hardest.metrics.recall)} and among the two most probable in "
        f"{percent(hardest.top2)} of cases. "
    )


def _gain(hardest: HardestClass) -> str:
    if hardest.most_confused is None or not _has_several_others(hardest):
        return ""
    partner = _name(hardest, hardest.most_confused)
    fewer = counted(hardest.mutual_mistakes, "fewer mistake")
    return (
        f"If {hardest.metrics.name} and {partner} were one class, there would be {fewer} and test "
        f"accuracy would be {percent(hardest.accuracy_if_merged, 2)}."
    )
