"""The test split in sentences."""

from __future__ import annotations

from analysis.facts import Facts
from analysis.wording import (
    class_name,
    counted,
    listed,
    percent,
)
from tailor import names

GOALS = (0.90, 0.95)
CALIBRATED = 0.02


def accuracy(facts: Facts) -> str:
    found = facts.metrics
    text = (
        f"On the {found.size:,} test images the trial reaches an accuracy of "
        f"{percent(found.accuracy, 2)} (95 % interval {percent(found.accuracy_low, 2)} to "
        f"{percent(found.accuracy_high, 2)}, Wilson). "
    )
    text += " ".join(_goal(goal, facts) for goal in GOALS)
    validation = facts.chosen.facts.get(names.VAL_ACCURACY)
    if validation is not None and facts.test_name is None:
        gap = validation - found.accuracy
        inside = found.accuracy_low <= validation <= found.accuracy_high
        text += f" Validation had promised {percent(validation, 2)}, " + (
            "which lies within that interval."
            if inside
            else f"{percent(abs(gap), 2)} {'more' if gap > 0 else 'less'}: outside the "
            "interval, "
            + (
                "as happens when the best of many trials is chosen on the images that rank it."
                if gap > 0
                else "so the test images are easier than the validation images."
            )
        )
    return text


def _goal(goal: float, facts: Facts) -> str:
    found = facts.metrics
    if found.accuracy < goal:
        missing = percent(goal - found.accuracy, 2)
        return f"The goal of {goal:.0%} is not reached; {missing} are missing."
    if found.accuracy_low < goal:
        return f"The goal of {goal:.0%} is reached, though the interval includes values below it."
    return f"The goal of {goal:.0%} is reached, with the whole interval above it."


def classes(facts: Facts) -> str:
    found = facts.metrics
    high, low = found.per_class[found.highest], found.per_class[found.lowest]
    return (
        f"Averaged over the classes, precision is {found.macro_precision:.4f}, recall "
        f"{found.macro_recall:.4f} and F1 {found.macro_f1:.4f}. The best class is "
        f"{class_name(high.name)} (F1 {high.f1:.3f}), the lowest {class_name(low.name)} "
        f"({low.f1:.3f}). For {percent(found.top2, 2)} of the images the right class is among "
        "the two most probable."
    )


def calibration(facts: Facts) -> str:
    found = facts.calibration
    mean_gap = float(
        ((found.confidence - found.accuracy) * found.counts).sum() / found.counts.sum()
    )
    text = f"The expected calibration error is {found.error:.4f}: "
    if found.error < CALIBRATED:
        return text + "confidences can be read as probabilities."
    return text + (
        f"on average the network is {'too sure' if mean_gap > 0 else 'not sure enough'} by "
        f"{percent(abs(mean_gap))}, so its confidences should not be read as probabilities as "
        "they are."
    )


def retrained(facts: Facts) -> str:
    found = facts.retrained
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
        f" on average, with a standard deviation of {percent(deviation, 2)} between seeds "
        f"(lowest {percent(min(found.accuracies), 2)}, highest "
        f"{percent(max(found.accuracies), 2)})."
    )
