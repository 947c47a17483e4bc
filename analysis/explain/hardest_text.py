"""The hardest class in sentences: which there are, and what they say, the facts decide."""

from __future__ import annotations

from dataclasses import replace

from analysis.explain.hardest import Exchange, Hardest, Kinship
from analysis.wording import class_name, counted, listed, percent

CLEAR = 0.02  # a gap between precision and recall that is worth a sentence


def paragraphs(facts: Hardest) -> list[str]:
    """Describe the class with the lowest F1, then why it is hard, then what that means."""
    facts = _with_names_for_sentences(facts)
    return [
        text
        for text in (
            _what(facts),
            _exchange(facts),
            _nearness(facts),
            _doubt(facts),
            _conclusion(facts),
        )
        if text
    ]


def _with_names_for_sentences(facts: Hardest) -> Hardest:
    def exchanges(found: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in found)

    def kin(found: tuple[Kinship, ...]) -> tuple[Kinship, ...]:
        return tuple(replace(entry, name=class_name(entry.name)) for entry in found)

    return replace(
        facts,
        metrics=replace(facts.metrics, name=class_name(facts.metrics.name)),
        taken_by=exchanges(facts.taken_by),
        given_by=exchanges(facts.given_by),
        nearest=kin(facts.nearest),
        alike=kin(facts.alike),
    )


def _what(facts: Hardest) -> str:
    row = facts.metrics
    if row.support == 0:
        return f"{row.name} has no image in the test split, so nothing can be said about it."
    text = (
        f"The class with the lowest F1 is {row.name}: {row.f1:.3f}, against a mean of "
        f"{facts.mean_f1:.3f}. Its precision is {row.precision:.3f} and its recall "
        f"{row.recall:.3f}: "
    )
    if row.recall < row.precision - CLEAR:
        return text + (
            "it is missed more often than it is claimed wrongly. The network overlooks "
            f"{counted(facts.missed, 'image')} of it and takes "
            f"{counted(facts.wrongly_taken, 'image')} of other classes for it."
        )
    if row.precision < row.recall - CLEAR:
        return text + (
            f"it is claimed wrongly more often than it is missed. The network takes "
            f"{counted(facts.wrongly_taken, 'image')} of other classes for it and overlooks "
            f"{counted(facts.missed, 'image')} of its own."
        )
    return text + (
        f"mistakes go both ways. The network overlooks {counted(facts.missed, 'image')} of it "
        f"and takes {counted(facts.wrongly_taken, 'image')} of other classes for it."
    )


def _few(exchanges: tuple[Exchange, ...], total: int) -> str:
    leading = exchanges[:3]
    parts = [f"{e.name} ({e.count:,}, {percent(e.count / total, 0)})" for e in leading]
    rest = total - sum(e.count for e in leading)
    if rest:
        parts.append(f"others ({rest:,})")
    return listed(parts)


def _exchange(facts: Hardest) -> str:
    if not facts.taken_by and not facts.given_by:
        return ""
    text = ""
    if facts.taken_by:
        text += f"Its missed images went to {_few(facts.taken_by, facts.missed)}. "
    if facts.given_by:
        text += (
            f"The images wrongly taken for it came from "
            f"{_few(facts.given_by, facts.wrongly_taken)}. "
        )
    total = facts.missed + facts.wrongly_taken
    if facts.closest is not None:
        share = facts.mutual / total
        name = _name(facts, facts.closest)
        if share >= 0.5:
            text += (
                f"One pair explains most of it: {percent(share, 0)} of these mistakes are between "
                f"{facts.metrics.name} and {name}."
            )
        elif share >= 0.25:
            text += (
                f"{name} alone accounts for {percent(share, 0)} of these mistakes, but no single "
                "class explains the majority."
            )
        else:
            text += (
                f"The mistakes are spread: even {name}, the most frequent partner, accounts for "
                f"only {percent(share, 0)} of them."
            )
    return text.strip()


def _name(facts: Hardest, index: int) -> str:
    return next(kin.name for kin in facts.alike if kin.index == index)


def _nearness(facts: Hardest) -> str:
    text = ""
    if facts.neighbours_k is not None:
        text += (
            f"The same shows in the features that enter the last layer: of the "
            f"{facts.neighbours_k} nearest test images of each image of {facts.metrics.name}, "
            f"{percent(facts.foreign)} belong to other classes"
        )
        ratio = facts.foreign / facts.usual_foreign if facts.usual_foreign else 1.0
        text += (
            f" ({ratio:.1f} times the {percent(facts.usual_foreign)} of the classes on average)"
            if ratio >= 1.1
            else f", no more than the {percent(facts.usual_foreign)} of the classes on average"
        )
        near = [kin for kin in facts.nearest if kin.value >= 0.005][:3]
        if near:
            parts = [f"{kin.name} ({percent(kin.value)})" for kin in near]
            text += f"; the closest are {listed(parts)}"
        text += ". "
    if facts.alike:
        first = facts.alike[0]
        text += (
            f"Averaged over all test images, the class whose pixels look most like it is "
            f"{first.name} (correlation of the mean images {first.value:.2f})"
        )
        partner = facts.closest
        if partner is not None and first.index == partner:
            text += ", the very class it is most often confused with: the two share an outline."
        elif partner is not None:
            rank = [kin.index for kin in facts.alike].index(partner) + 1
            value = facts.alike[rank - 1].value
            text += (
                f"; {_name(facts, partner)}, its most frequent confusion, comes at place {rank} "
                f"of {len(facts.alike)} with {value:.2f}"
            )
            text += (
                ", so outline plays its part but does not decide."
                if value >= 0.7
                else ", so the cause lies in details rather than in the outline."
            )
        else:
            text += "."
    return text.strip()


def _doubt(facts: Hardest) -> str:
    if not facts.missed:
        return ""
    text = (
        f"The network often knows better than its first answer: for {percent(facts.top2)} of "
        f"{facts.metrics.name}'s images the right class is among its two most probable."
        if facts.top2 - facts.metrics.recall >= 0.5 * (1 - facts.metrics.recall)
        else f"The second answer helps little: the right class is among the two most probable "
        f"for {percent(facts.top2)} of {facts.metrics.name}'s images."
    )
    text += (
        f" Its mistakes on this class have a mean confidence of {facts.confidence_wrong:.2f}, "
        f"its right answers {facts.confidence_right:.2f}"
    )
    if facts.sure_wrong == 0:
        return text + "; none of the mistakes was made with a confidence of 0.9 or more."
    share = facts.sure_wrong / facts.missed
    return text + (
        f"; {counted(facts.sure_wrong, 'mistake')} of {facts.missed:,} ({percent(share, 0)}) had "
        "a confidence of 0.9 or more, and those no threshold would catch."
    )


def _conclusion(facts: Hardest) -> str:
    if facts.closest is None:
        return ""
    gain = facts.mutual
    return (
        f"What is at stake: if {facts.metrics.name} and {_name(facts, facts.closest)} were one "
        f"class, {counted(gain, 'mistake')} fewer would remain and test accuracy would be "
        f"{percent(facts.accuracy_if_merged, 2)}."
    )
