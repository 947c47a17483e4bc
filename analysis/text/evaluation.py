"""The section about the test split."""

from __future__ import annotations

from statistics import stdev

from analysis.measure.findings import Findings
from analysis.measure.metrics import Calibration, difference_interval, mean_margin
from analysis.wording import counted, listed, percent, points
from tailor import names

ACCURACY_GOALS = (0.90, 0.95)
MAX_CALIBRATION_ERROR = 0.02
"""A smaller expected calibration error needs no warning."""


def accuracy(findings: Findings) -> str:
    metrics = findings.metrics
    text = (
        f"On the {metrics.size:,} test images the network reaches an accuracy of "
        f"{percent(metrics.accuracy, 2)} (95 % Wilson interval: "
        f"{percent(metrics.accuracy_low, 2)} to {percent(metrics.accuracy_high, 2)}). "
    )
    text += " ".join(_goal(goal, findings) for goal in ACCURACY_GOALS)
    return text + _validation_gap(findings)


def _validation_gap(findings: Findings) -> str:
    """Whether test accuracy agrees with validation accuracy."""
    metrics, validation = findings.metrics, findings.chosen.facts.get(names.VAL_ACCURACY)
    if validation is None or findings.test_name is not None:
        return ""
    gap = validation - metrics.accuracy
    low, high = difference_interval(
        validation, findings.sizes["validation"], metrics.accuracy, findings.metrics.size
    )
    text = (
        f" Validation accuracy was {percent(validation, 2)} on "
        f"{counted(findings.sizes['validation'], 'image')}, "
    )
    if not round(gap, 4):
        return f"{text}the same."
    text += f"{points(abs(gap), 2)} {'higher' if gap > 0 else 'lower'}"
    if low <= 0 <= high:
        return text + ": a gap that sampling error can explain."
    smaller, larger = sorted((abs(low), abs(high)))
    text += (
        f" (95 % interval of the difference: {100 * smaller:.2f} to {points(larger, 2)}): a gap "
        "that sampling error does not explain."
    )
    if gap > 0 and findings.optimism is not None:
        text += (
            f" Selecting the best of the {len(findings.rivals) + 1} compared trials on the "
            "validation images explains "
        )
        if findings.optimism < gap:
            text += (
                f"at most about {points(findings.optimism, 2)} of it (bootstrap of these images)"
            )
            every = len(findings.rivals) + 1 == len(findings.view.distinct)
            text += "; the rest is a difference between the two sets of images." if every else "."
        else:
            text += "a gap of this size (bootstrap of these images)."
    return text


def _goal(goal: float, findings: Findings) -> str:
    metrics = findings.metrics
    if metrics.accuracy < goal:
        return f"The goal of {percent(goal, 0)} is missed by {points(goal - metrics.accuracy, 2)}."
    if metrics.accuracy_low < goal:
        return f"The goal of {percent(goal, 0)} is reached, but the interval extends below it."
    return f"The goal of {percent(goal, 0)} is reached, and the whole interval lies above it."


def classes(findings: Findings) -> str:
    metrics = findings.metrics
    high, low = metrics.per_class[metrics.highest], metrics.per_class[metrics.lowest]
    averaged = (
        f"{counted(len(metrics.present), 'class', 'classes')} with test images"
        if metrics.absent
        else "classes"
    )
    text = (
        f"Averaged over the {averaged}, precision is {metrics.macro_precision:.4f}, recall "
        f"{metrics.macro_recall:.4f} and F1 {metrics.macro_f1:.4f}."
    )
    if high.f1 > low.f1:
        text += (
            f" The highest F1, {high.f1:.3f}, is that of "
            f"{metrics.named(metrics.highest_classes)}, the lowest, {low.f1:.3f}, that of "
            f"{metrics.named(metrics.lowest_classes)}."
        )
    if len(metrics.per_class) > 2:
        text += (
            f" For {percent(metrics.top2, 2)} of the images, the true class is among the two most "
            "probable."
        )
    return text


def calibration(findings: Findings) -> str:
    measured = findings.calibration
    images = counted(findings.metrics.size, "image")
    text = (
        f"The expected calibration error is {measured.error:.4f}. On {images}, that of a "
        f"perfectly calibrated network would be about {measured.chance:.4f}, and below "
        f"{measured.chance_limit:.4f} in 95 % of cases. "
    )
    if not measured.shows:
        return text + (
            f"No miscalibration shows. With {images}, overconfidence of less than about "
            f"{points(measured.visible)} could go unnoticed."
        )
    if abs(measured.surplus) < 0.5 * measured.error:
        direction = "overconfident in some ranges of confidence and underconfident in others"
    else:
        adjective = "overconfident" if measured.surplus > 0 else "underconfident"
        direction = f"{adjective} by {points(abs(measured.surplus))} on average"
    if not needs_recalibration(measured):
        return text + f"The network is slightly miscalibrated: it is {direction}."
    return text + (
        f"The network is {direction}, so its confidences should not be read as probabilities "
        "without recalibration."
    )


def needs_recalibration(measured: Calibration) -> bool:
    """Whether the error is neither small nor within sampling error."""
    return measured.shows and measured.error >= MAX_CALIBRATION_ERROR


def retrained(findings: Findings) -> str:
    runs = findings.retrained
    if runs is None:
        return ""
    count = len(runs.seeds)
    mean = sum(runs.accuracies) / count
    text = (
        f"Retrained on training and validation images together with "
        f"{counted(count, 'other seed')} ({listed([str(seed) for seed in runs.seeds])}; weights "
        "of the last epoch, because no images are left for selecting an epoch), the configuration "
        f"reaches a test accuracy of {percent(mean, 2)}"
    )
    if count == 1:
        return text + "."
    deviation, margin = stdev(runs.accuracies), mean_margin(runs.accuracies)
    return text + (
        f" on average. The standard deviation of these {count} runs is {points(deviation, 2)} "
        f"(lowest {percent(min(runs.accuracies), 2)}, highest "
        f"{percent(max(runs.accuracies), 2)}); the 95 % interval of their mean is "
        f"+- {points(margin, 2)}."
    )
