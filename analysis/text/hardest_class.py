"""The section about the hardest class. The findings decide which sentences it has."""

from __future__ import annotations

from dataclasses import replace

from scipy.stats import binomtest

from analysis.measure.bootstrap import RESAMPLES
from analysis.measure.hardest_class import ClassScore, Confusion, HardestClass
from analysis.wording import class_name, counted, listed, percent

MIN_CERTAIN_SHARE = 0.95
"""A class is certainly the hardest if its F1 is the lowest in this fraction of resamples."""
MIN_MISTAKES_FOR_SHARES = 10
"""Shares of fewer mistakes are not reported; their counts are clearer."""
MIN_MUTUAL_MISTAKES = 5
"""Fewer mistakes between two classes may be accidental: nothing is concluded from them."""


def paragraphs(hardest: HardestClass) -> list[str]:
    """Describe the class with the lowest F1, what it is confused with and what that costs."""
    hardest = _with_names_for_sentences(hardest)
    if hardest.flawless:
        return ["Every test image is classified correctly, so no class is harder than another."]
    return [
        text
        for text in (
            _scores(hardest),
            _certainty(hardest),
            _confusions(hardest),
            _confidence(hardest),
            _gain(hardest),
        )
        if text
    ]


def similarity(hardest: HardestClass) -> str:
    """How near its images are to those of other classes, in features and in pixels."""
    if hardest.flawless:
        return ""
    hardest = _with_names_for_sentences(hardest)
    return f"{_neighbours(hardest)} {_outline(hardest)}".strip()


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
        f"{_subject(hardest)} {row.f1:.3f}, compared with a mean of {hardest.mean_f1:.3f}. Its "
        f"precision is {row.precision:.3f} and its recall {row.recall:.3f}: "
    )
    missed = counted(hardest.false_negatives, "image")
    wrong = counted(hardest.false_positives, "image")
    if not hardest.num_predicted:
        return text + f"it is never predicted, so all {missed} of it are misclassified."
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
    total = hardest.false_negatives + hardest.false_positives
    if binomtest(hardest.false_negatives, total).pvalue >= 0.05:
        balance = "it has neither clearly more false negatives nor clearly more false positives"
    elif hardest.false_negatives > hardest.false_positives:
        balance = "it has more false negatives than false positives"
    else:
        balance = "it has more false positives than false negatives"
    return text + (
        f"{balance}. The network predicts another class for {missed} of {row.name}, and "
        f"{row.name} for {wrong} of other classes."
    )


def _subject(hardest: HardestClass) -> str:
    name, ties = hardest.metrics.name, hardest.num_lowest
    if ties == 1:
        return f"The class with the lowest F1 is {name}:"
    return (
        f"{ties:,} classes share the lowest F1. This section is about the first of them, {name}:"
    )


def _certainty(hardest: HardestClass) -> str:
    """Whether other test images would have given the same class."""
    if hardest.num_lowest > 1 or len(hardest.present) < 2:
        return ""
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
    with_shares = total >= MIN_MISTAKES_FOR_SHARES
    parts = [
        f"{entry.name} ({entry.count:,}"
        + (f", {percent(entry.count / total, 0)})" if with_shares else ")")
        for entry in leading
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
    total = hardest.false_negatives + hardest.false_positives
    if (
        hardest.most_confused is not None
        and _has_several_others(hardest)
        and total >= MIN_MISTAKES_FOR_SHARES
    ):
        share = percent(hardest.mutual_mistakes / total, 0)
        partner = hardest.name_of(hardest.most_confused)
        sentences.append(
            f"{hardest.mutual_mistakes:,} of these {total:,} mistakes ({share}) are between "
            f"{hardest.metrics.name} and {partner}."
        )
    return " ".join(sentences)


def _has_several_others(hardest: HardestClass) -> bool:
    """Whether there are more than two classes; of two, the partner is always the other one."""
    return len(hardest.similar_classes) > 1


def _neighbours(hardest: HardestClass) -> str:
    k = hardest.neighbours_k
    # A class with hardly more than k images has neighbours of other classes in any case.
    if k is None or hardest.metrics.support <= 2 * k or len(hardest.present) < 2:
        return ""
    text = (
        f"In the features that enter the last layer, {percent(hardest.foreign_share)} of the {k} "
        f"nearest test images of each image of {hardest.metrics.name} belong to other classes; "
        f"the average over the classes is {percent(hardest.mean_foreign_share)}"
    )
    near = [entry for entry in hardest.neighbour_classes if entry.value >= 0.005][:3]
    if near and _has_several_others(hardest):
        shares = [f"{entry.name} ({percent(entry.value)})" for entry in near]
        text += f"; the most frequent {'is' if len(near) == 1 else 'are'} {listed(shares)}"
    return text + "."


def _outline(hardest: HardestClass) -> str:
    if not _has_several_others(hardest):
        return ""
    similar = [entry for entry in hardest.similar_classes if entry.index in hardest.present]
    if not similar:
        return ""
    first, partner = similar[0], hardest.most_confused
    text = (
        f"The mean image of {hardest.metrics.name} is most similar to that of {first.name} "
        f"(pixel correlation {first.value:.2f})"
    )
    if partner not in hardest.present or hardest.mutual_mistakes < MIN_MUTUAL_MISTAKES:
        return text + "."
    if first.index == partner:
        return text + ", which is also the class it is most often confused with."
    rank = [entry.index for entry in similar].index(partner) + 1
    value = similar[rank - 1].value
    return text + (
        f"; {hardest.name_of(partner)}, the class it is most often confused with, has rank {rank} "
        f"of {len(similar)} ({value:.2f})."
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
    one = hardest.confident_mistakes == 1
    return text + (
        f"; {hardest.confident_mistakes:,} of the {hardest.false_negatives:,} wrong ones "
        f"{'has' if one else 'have'} a confidence of 0.9 or more, so a threshold there would not "
        f"catch {'it' if one else 'them'}."
    )


def _second_choice(hardest: HardestClass) -> str:
    second = round((hardest.top2 - hardest.metrics.recall) * hardest.metrics.support)
    return (
        f"For {second:,} of its {counted(hardest.false_negatives, 'false negative')}, "
        f"{hardest.metrics.name} is the second most probable class. "
    )


def _gain(hardest: HardestClass) -> str:
    if not _has_several_others(hardest) or hardest.mutual_mistakes < MIN_MUTUAL_MISTAKES:
        return ""
    assert hardest.most_confused is not None
    partner = hardest.name_of(hardest.most_confused)
    fewer = counted(hardest.mutual_mistakes, "fewer mistake")
    return (
        f"If {hardest.metrics.name} and {partner} were one class, there would be {fewer} and test "
        f"accuracy would be {percent(hardest.accuracy_if_merged, 2)}."
    )
