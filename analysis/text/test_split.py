"""The test split in sentences."""

from __future__ import annotations

from analysis.measure.findings import Findings
from analysis.measure.metrics import Calibration, difference_interval
from analysis.wording import class_name, counted, listed, percent, points
from tailor import names

GOALS = (0.90, 0.95)
CALIBRATED = 0.02


def accuracy(findings: Findings) -> str:
    found = findings.metrics
    text = (
        f"On the {found.size:,} test images the trial reaches an accuracy of "
        f"{percent(found.accuracy, 2)} (95 % interval {percent(found.accuracy_low, 2)} to "
        f"{percent(found.accuracy_high, 2)}, Wilson). "
    )
    text += " ".join(_goal(goal, findings) for goal in GOALS)
    return text + _promised(findings)


def _promised(findings: Findings) -> str:
    """Whether test accuracy is what validation let expect."""
    found, validation = findings.metrics, findings.chosen.facts.get(names.VAL_ACCURACY)
    if validation is None or findings.test_name is not None:
        return ""
    gap = validation - found.accuracy
    low, high = difference_interval(
        validation, findings.sizes["validation"], found.accuracy, findings.metrics.size
    )
    text = (
        f" Validation had promised {percent(validation, 2)} on "
        f"{counted(findings.sizes['validation'], 'image')}, {points(abs(gap), 2)} "
        f"{'more' if gap > 0 else 'less'}"
    )
    if low <= 0 <= high:
        return text + ", which is within the chance of such samples."
    least, most = sorted((abs(low), abs(high)))
    text += (
        f" (95 % interval of the difference {100 * least:.2f} to {points(most, 2)}): more than "
        "the chance of such samples."
    )
    if gap > 0 and findings.is_best and len(findings.view.ranked) > 1:
        text += (
            " Part of it is to be expected: the best of several trials is a little lucky on the "
            "images that rank it."
        )
    return text


def _goal(goal: float, findings: Findings) -> str:
    found = findings.metrics
    if found.accuracy < goal:
        missing = points(goal - found.accuracy, 2)
        return f"The goal of {goal:.0%} is not reached; {missing} are missing."
    if found.accuracy_low < goal:
        return f"The goal of {goal:.0%} is reached, though the interval includes values below it."
    return f"The goal of {goal:.0%} is reached, with the whole interval above it."


def classes(findings: Findings) -> str:
    found = findings.metrics
    high, low = found.per_class[found.highest], found.per_class[found.lowest]
    over = f"{len(found.present)} classes with test images" if found.absent else "classes"
    text = (
        f"Averaged over the {over}, precision is {found.macro_precision:.4f}, recall "
        f"{found.macro_recall:.4f} and F1 {found.macro_f1:.4f}."
    )
    if high.f1 > low.f1:
        text += (
            f" The best class is {class_name(high.name)} (F1 {high.f1:.3f}), the lowest "
            f"{class_name(low.name)} ({low.f1:.3f})."
        )
    if len(found.per_class) > 2:
        text += (
            f" For {percent(found.top2, 2)} of the images the right class is among the two most "
            "probable."
        )
    return text


def calibration(findings: Findings) -> str:
    found = findings.calibration
    text = (
        f"The expected calibration error is {found.error:.4f}; chance alone would make it about "
        f"{found.chance:.4f} with {counted(findings.metrics.size, 'image')}. "
    )
    if calibrated(found):
        return text + "Confidences can be read as probabilities."
    if abs(found.surplus) < 0.5 * found.error:
        how = "too sure at some confidences and not sure enough at others"
    else:
        way = "too sure" if found.surplus > 0 else "not sure enough"
        how = f"{way} by {points(abs(found.surplus))} on average"
    return text + (
        f"The network is {how}, so its confidences should not be read as probabilities as they "
        "are."
    )


def calibrated(found: Calibration) -> bool:
    """Whether no error worth a warning shows: none that so few images would not show anyway."""
    return found.error < max(CALIBRATED, 2 * found.chance)


def retrained(findings: Findings) -> str:
    found = findings.retrained
    if found is None:
        return ""
    count = len(found.seeds)
    mean = sum(found.accuracies) / count
    text = (
        f"Trained again on training and validation images together with "
        f"{counted(count, 'other seed')} ({listed([str(s) for s in found.seeds])}; weights after "
        f"the last epoch, since no image is left to choose one by), the configuration reaches "
        f"{percent(mean, 2)} on the test split"
    )
    if count == 1:
        return text + "."
    deviation = (sum((a - mean) ** 2 for a in found.accuracies) / (count - 1)) ** 0.5
    return text + (
        f" on average, with a standard deviation of {points(deviation, 2)} between seeds "
        f"(lowest {percent(min(found.accuracies), 2)}, highest "
        f"{percent(max(found.accuracies), 2)})."
    )
