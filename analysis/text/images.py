"""Sentences on figures that show images: covered mistakes, mean images, augmentation."""

from __future__ import annotations

from collections import Counter

from analysis.measure.comparisons import AUGMENT
from analysis.measure.findings import Findings
from analysis.read.study import Trial
from analysis.text.differences import higher_accuracy
from analysis.wording import class_name, counted, listed, number, objective_value

MIN_RISE = 0.05
"""Smallest rise of the probability for which the position of the patch is reported."""
THIRDS = ("upper", "middle", "lower")


def occlusion(findings: Findings) -> str:
    """On which parts of the image the most confident mistakes depend."""
    covered = findings.occlusions
    if not covered:
        return ""
    name, total = class_name(findings.hardest.metrics.name), len(covered)
    recognised = sum(entry.recognised for entry in covered)
    effect = f"makes the network predict {name}"
    if total > 1:
        effect += f" for {recognised} of the {total} mistakes"
    if not recognised:
        effect = (
            f"never makes the network predict {name}, so these mistakes do not depend on a single "
            "part of the image"
        )
    text = (
        f"To see what misleads the network, the most confident mistakes on {name} were covered "
        "with a patch of a quarter of their width and height, at every position in turn. Covering "
        f"one patch {effect}"
    )
    thirds = Counter(
        min(int(3 * entry.centre[0]), 2)
        for entry in covered
        if entry.best - entry.whole >= MIN_RISE
    )
    if not thirds:
        return f"{text}; the probability of {name} never rises by {MIN_RISE:.2f} or more."
    risen = thirds.total()
    if 2 * risen <= total:
        return (
            f"{text}. In {total - risen} of {total}, no patch raises the probability of {name} by "
            f"{MIN_RISE:.2f} or more."
        )
    third, count = thirds.most_common(1)[0]
    if 2 * count <= risen:
        return f"{text}. The parts that matter most differ from image to image."
    return (
        f"{text}. In {count} of {total}, the patch that raises the probability of {name} most "
        f"lies in the {THIRDS[third]} third of the image."
    )


def contrast(findings: Findings) -> str:
    """Where the mean images of the hardest class and its partner differ."""
    hardest = findings.hardest
    if hardest.contrast is None or hardest.most_confused is None:
        return ""
    partner = hardest.name_of(hardest.most_confused)
    return (
        f"The mean images of {class_name(hardest.metrics.name)} and {class_name(partner)} differ "
        f"by {hardest.contrast.mean:.0f} of 255 grey levels on average, most in the "
        f"{THIRDS[hardest.contrast.third]} third of the image "
        f"({hardest.contrast.third_mean:.0f})."
    )


def augmentation(findings: Findings) -> str:
    """Compare augmentation with none; empty unless the study tried both."""
    compared = findings.augmentation
    if compared is None:
        return ""
    first = findings.view.objectives[0]

    def best(trial: Trial, count: int) -> str:
        return (
            f"the best of {counted(count, 'complete trial')} is trial {trial.number} "
            f"({number(trial.params[AUGMENT])}; {objective_value(first, trial.values[0])})"
        )

    if not compared.equal:
        return (
            f"With augmentation, {best(compared.augmented, compared.num_augmented)}; without, "
            f"{best(compared.plain, compared.num_plain)}. The two also differ in other settings, "
            "so their difference cannot be put down to augmentation."
        )
    values = [
        f"{objective_value(first, trial.values[0])} {kind} augmentation (trial {trial.number})"
        for trial, kind in ((compared.augmented, "with"), (compared.plain, "without"))
    ]
    text = f"Two trials differ in nothing but augmentation. They reach {listed(values)}"
    if compared.test is None:
        return f"{text}; a trial has no weights on this host, so the difference is not tested."
    higher = higher_accuracy(compared.test, "with augmentation", "without")
    return f"{text}. On the same validation images, {higher}."
