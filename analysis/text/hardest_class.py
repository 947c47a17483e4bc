"""The hardest class in sentences: which there are, and what they say, the findings decide."""

from __future__ import annotations

from dataclasses import replace

from analysis.measure.bootstrap import DRAWS
from analysis.measure.hardest_class import Exchange, Hardest, Kinship
from analysis.wording import class_name, counted, listed, percent

CLEAR = 0.02  # a gap between precision and recall that is worth a sentence
SETTLED = 0.95  # share of the draws in which a class that is the hardest has to be it
ALIKE = 0.7  # correlation of two mean images that share an outline


def paragraphs(hardest: Hardest) -> list[str]:
    """Describe the class with the lowest F1, then why it is hard, then what that means."""
    hardest = _with_names_for_sentences(hardest)
    if hardest.flawless:
        return ["No class has a mistake on the test images, so none is harder than another."]
    return [
        text
        for text in (
            _what(hardest),
            _certainty(hardest),
            _exchange(hardest),
            _nearness(hardest),
            _doubt(hardest),
            _conclusion(hardest),
        )
        if text
    ]


def _with_names_for_sentences(hardest: Hardest) -> Hardest:
    def exchanges(found: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in found)

    def kin(found: tuple[Kinship, ...]) -> tuple[Kinship, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in found)

    return replace(
        hardest,
        metrics=replace(hardest.metrics, name=class_name(hardest.metrics.name)),
        taken_by=exchanges(hardest.taken_by),
        given_by=exchanges(hardest.given_by),
        rivals=kin(hardest.rivals),
        nearest=kin(hardest.nearest),
        alike=kin(hardest.alike),
    )


def _what(hardest: Hardest) -> str:
    row = hardest.metrics
    text = (
        f"The class with the lowest F1 is {row.name}: {row.f1:.3f}, against a mean of "
        f"{hardest.mean_f1:.3f}. Its precision is {row.precision:.3f} and its recall "
        f"{row.recall:.3f}: "
    )
    if not hardest.wrongly_taken:
        return text + (
            f"it is missed and never claimed wrongly. The network overlooks "
            f"{counted(hardest.missed, 'image')} of it."
        )
    if not hardest.missed:
        return text + (
            f"it is claimed wrongly and never missed. The network takes "
            f"{counted(hardest.wrongly_taken, 'image')} of other classes for it."
        )
    if row.recall < row.precision - CLEAR:
        return text + (
            "it is missed more often than it is claimed wrongly. The network overlooks "
            f"{counted(hardest.missed, 'image')} of it and takes "
            f"{counted(hardest.wrongly_taken, 'image')} of other classes for it."
        )
    if row.precision < row.recall - CLEAR:
        return text + (
            f"it is claimed wrongly more often than it is missed. The network takes "
            f"{counted(hardest.wrongly_taken, 'image')} of other classes for it and overlooks "
            f"{counted(hardest.missed, 'image')} of its own."
        )
    return text + (
        f"mistakes go both ways. The network overlooks {counted(hardest.missed, 'image')} of it "
        f"and takes {counted(hardest.wrongly_taken, 'image')} of other classes for it."
    )


def _certainty(hardest: Hardest) -> str:
    """Whether other test images would have shown the same class."""
    draws = f"{DRAWS:,} bootstrap draws of the test images"
    if hardest.settled >= SETTLED:
        return (
            f"It has the lowest F1 in {percent(hardest.settled, 0)} of {draws} as well, so it is "
            "not a few images that make it the hardest."
        )
    others = [kin for kin in hardest.rivals if kin.value >= 0.05][:4]
    also = f", {listed([f'{kin.name} in {percent(kin.value, 0)}' for kin in others])}"
    return (
        f"These images do not settle which class is the hardest: in {draws} it has the lowest F1 "
        f"in {percent(hardest.settled, 0)}{also if others else ''}."
    )


def _few(exchanges: tuple[Exchange, ...], total: int) -> str:
    leading = exchanges[:3]
    parts = [f"{e.name} ({e.count:,}, {percent(e.count / total, 0)})" for e in leading]
    rest = total - sum(e.count for e in leading)
    if rest:
        parts.append(f"others ({rest:,})")
    return listed(parts)


def _exchange(hardest: Hardest) -> str:
    if not hardest.taken_by and not hardest.given_by:
        return ""
    text = ""
    if hardest.taken_by:
        text += f"Its missed images went to {_few(hardest.taken_by, hardest.missed)}. "
    if hardest.given_by:
        text += (
            f"The images wrongly taken for it came from "
            f"{_few(hardest.given_by, hardest.wrongly_taken)}. "
        )
    total = hardest.missed + hardest.wrongly_taken
    if hardest.closest is not None and _several(hardest):
        share = hardest.mutual / total
        name = _name(hardest, hardest.closest)
        if share >= 0.5:
            text += (
                f"One pair explains most of it: {percent(share, 0)} of these mistakes are between "
                f"{hardest.metrics.name} and {name}."
            )
        elif share >= 0.25:
            text += (
                f"{name[:1].upper()}{name[1:]} alone accounts for {percent(share, 0)} of these "
                "mistakes, but no single class explains the majority."
            )
        else:
            text += (
                f"The mistakes are spread: even {name}, the most frequent partner, accounts for "
                f"only {percent(share, 0)} of them."
            )
    return text.strip()


def _several(hardest: Hardest) -> bool:
    """Whether there are classes to choose among; of two, the other one is always the partner."""
    return len(hardest.alike) > 1


def _name(hardest: Hardest, index: int) -> str:
    return next(kin.name for kin in hardest.alike if kin.index == index)


def _nearness(hardest: Hardest) -> str:
    return f"{_neighbours(hardest)} {_outline(hardest)}".strip()


def _neighbours(hardest: Hardest) -> str:
    k = hardest.neighbours_k
    # A class of hardly more images than are counted has foreign neighbours for want of its own.
    if k is None or hardest.metrics.support <= 2 * k:
        return ""
    ratio = hardest.foreign / hardest.usual_foreign if hardest.usual_foreign else 1.0
    usual = f"the {percent(hardest.usual_foreign)} of the classes on average"
    if ratio >= 1.1:
        start, against = "The same shows in the features", f" ({ratio:.1f} times {usual})"
    else:
        start = "It does not show in the features"
        against = f", {'no more than' if ratio <= 1 else 'about as many as'} {usual}"
    text = (
        f"{start} that enter the last layer: of the {k} nearest test images of each image of "
        f"{hardest.metrics.name}, {percent(hardest.foreign)} belong to other classes{against}"
    )
    near = [kin for kin in hardest.nearest if kin.value >= 0.005][:3]
    if near and _several(hardest):
        text += (
            f"; the closest are {listed([f'{kin.name} ({percent(kin.value)})' for kin in near])}"
        )
    return text + "."


def _outline(hardest: Hardest) -> str:
    if not _several(hardest):
        return ""
    first, partner = hardest.alike[0], hardest.closest
    text = (
        f"Averaged over all test images, the class whose pixels look most like it is "
        f"{first.name} (correlation of the mean images {first.value:.2f})"
    )
    if partner is None:
        return text + "."
    if first.index == partner:
        text += ", the very class it is most often confused with"
        return text + (": the two share an outline." if first.value >= ALIKE else ".")
    rank = [kin.index for kin in hardest.alike].index(partner) + 1
    value = hardest.alike[rank - 1].value
    part = "may play its part but does not decide" if value >= ALIKE else "alone is not the cause"
    return text + (
        f"; {_name(hardest, partner)}, its most frequent confusion, comes at place {rank} of "
        f"{len(hardest.alike)} with {value:.2f}: outline {part}."
    )


def _doubt(hardest: Hardest) -> str:
    if not hardest.missed:
        return ""
    text = ""
    if _several(hardest):
        text = _second_answer(hardest)
    text += (
        f"The network's mistakes on this class have a mean confidence of "
        f"{hardest.confidence_wrong:.2f}"
    )
    if hardest.missed < hardest.metrics.support:
        text += f", its right answers {hardest.confidence_right:.2f}"
    if hardest.sure_wrong == 0:
        return text + "; none of the mistakes was made with a confidence of 0.9 or more."
    share = hardest.sure_wrong / hardest.missed
    return text + (
        f"; {counted(hardest.sure_wrong, 'mistake')} of {hardest.missed:,} ({percent(share, 0)}) "
        "had a confidence of 0.9 or more, and a threshold there would not catch them."
    )


def _second_answer(hardest: Hardest) -> str:
    return (
        f"The network often knows better than its first answer: for {percent(hardest.top2)} of "
        f"{hardest.metrics.name}'s images the right class is among its two most probable. "
        if hardest.top2 - hardest.metrics.recall >= 0.5 * (1 - hardest.metrics.recall)
        else f"The second answer helps little: the right class is among the two most probable "
        f"for {percent(hardest.top2)} of {hardest.metrics.name}'s images. "
    )


def _conclusion(hardest: Hardest) -> str:
    if hardest.closest is None or not _several(hardest):
        return ""
    gain = hardest.mutual
    return (
        f"What is at stake: if {hardest.metrics.name} and {_name(hardest, hardest.closest)} were "
        f"one class, {counted(gain, 'mistake')} fewer would remain and test accuracy would be "
        f"{percent(hardest.accuracy_if_merged, 2)}."
    )
