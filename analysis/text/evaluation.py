"""The section about the test split."""

from __future__ import annotations

from analysis.measure.findings import Findings
from analysis.measure.metrics import Calibration, difference_interval
from analysis.wording import class_name, counted, listed, percent, points
from tailor import names

ACCURACY_GOALS = (0.90, 0.95)
MAX_CALIBRATION_ERROR = 0.02
"""A smaller expected calibration error needs no warning."""


def accuracy(findings: Findings) -> str:
    metrics = findings.metrics
    text = (
        f"On the {metrics.size:,} test images the trial reaches an accuracy of "
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
        f"{counted(findings.sizes['validation'], 'image')}, {points(abs(gap), 2)} "
        f"{'higher' if gap > 0 else 'lower'}"
    )
    if low <= 0 <= high:
        return text + ": a gap that sampling error can explain."
    smaller, larger = sorted((abs(low), abs(high)))
    text += (
        f" (95 % interval of the difference: {100 * smaller:.2f} to {points(larger, 2)}): a gap "
        "that sampling error does not explain."
    )
    if gap > 0 and findings.is_best and len(findings.view.ranked) > 1:
        text += (
            " Part of it is expected, because the best of several trials is selected on the "
            "validation images and is somewhat lucky on them."
        )
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
    averaged = f"{len(metrics.present)} classes with test images" if metrics.absent else "classes"
    text = (
        f"Averaged over the {averaged}, precision is {metrics.macro_precision:.4f}, recall "
        f"{metrics.macro_recall:.4f} and F1 {metrics.macro_f1:.4f}."
    )
    if high.f1 > low.f1:
        text += (
            f" The best class is {class_name(high.name)} (F1 {high.f1:.3f}), the weakest "
            f"{class_name(low.name)} (F1 {low.f1:.3f})."
        )
    if len(metrics.per_class) > 2:
        text += (
            f" For {percent(metrics.top2, 2)} of the images, the true class is among the two most "
            "probable."
        )
    return text


def calibration(findings: Findings) -> str:
    measured = findings.calibration
    text = (
        f"The expected calibration error is {measured.error:.4f}; a perfectly calibrated network "
        f"would have about {measured.chance:.4f} on "
        f"{counted(findings.metrics.size, 'image')}, because of sampling error. "
    )
    if is_calibrated(measured):
        if measured.error < 2 * measured.chance:
            return text + "Confidences can be read as probabilities."
        return text + "The network is slightly miscalibrated."
    if abs(measured.surplus) < 0.5 * measured.error:
        direction = "overconfident in some ranges of confidence and underconfident in others"
    else:
        adjective = "overconfident" if measured.surplus > 0 else "underconfident"
        direction = f"{adjective} by {points(abs(measured.surplus))} on average"
    return text + (
        f"The network is {direction}, so its confidences should not be read as probabilities "
        "without recalibration."
    )


def is_calibrated(measured: Calibration) -> bool:
    """Whether the error is small, or no larger than sampling error would make it."""
    return measured.error < max(MAX_CALIBRATION_ERROR, 2 * measured.chance)


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
    deviation = (sum((value - mean) ** 2 for value in runs.accuracies) / (count - 1)) ** 0.5
    return text + (
        f" on average, with a standard deviation of {points(deviation, 2)} between seeds "
        f"(lowest {percent(min(runs.accuracies), 2)}, highest "
        f"{percent(max(runs.accuracies), 2)})."
    )
