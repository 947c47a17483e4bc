"""The test split in sentences, and what follows from all the evidence."""

from __future__ import annotations

from analysis.facts import Facts
from analysis.select import ranked, seconds_of
from analysis.wording import counted, duration, listed, number, objective_value, percent, short
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
        f"{found.macro_recall:.4f} and F1 {found.macro_f1:.4f}. The best class is {high.name} "
        f"(F1 {high.f1:.3f}), the lowest {low.name} ({low.f1:.3f}). For "
        f"{percent(found.top2, 2)} of the images the right class is among the two most probable."
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


def limits(facts: Facts) -> list[str]:
    """What the evidence does not show, and what to try next; each item needs its evidence."""
    items = [_widen(facts), _gap(facts), _short_classes(facts), _calibration_next(facts)]
    items += [_cheaper(facts), _one_seed(facts), _pair(facts)]
    return [item for item in items if item]


def _widen(facts: Facts) -> str:
    edges = [edge for edge in facts.edges if edge.suggestion != edge.value]
    if not edges:
        return (
            "No searched parameter has its best value at the edge of the space, so widening the "
            "search is not the first thing to try."
            if facts.chosen.params
            else ""
        )
    parts = [
        f"{short(edge.key)} ({number(edge.value)}, the "
        f"{'highest' if edge.side == 'high' else 'lowest'} that was tried; widen towards "
        f"{number(edge.suggestion)})"
        for edge in edges
    ]
    return (
        f"The best value lies at the edge of the search space for {listed(parts)}: better ones "
        "may lie outside."
    )


def _gap(facts: Facts) -> str:
    if not facts.history:
        return ""
    kept = facts.history[facts.best_epoch - 1]
    gap = kept[names.TRAIN_ACCURACY] - kept[names.VAL_ACCURACY]
    if gap > 0.03:
        return (
            f"Training accuracy is {percent(gap)} above validation accuracy: regularisation is "
            "the next lever (augment=crop_flip, model.dropout, optimizer.weight_decay)."
        )
    return (
        f"Training and validation accuracy are only {percent(abs(gap))} apart: the network is "
        "limited by its size or its epochs rather than by overfitting, so a larger one or a "
        "longer run should pay."
    )


def _short_classes(facts: Facts) -> str:
    if not facts.support:
        return ""
    usual = sum(facts.support.values()) / len(facts.support)
    short_of = [f"{name} ({n:,})" for name, n in facts.support.items() if n < 0.5 * usual]
    if short_of:
        return (
            f"Short of training images are {listed(short_of)}, against {usual:,.0f} of a class on "
            "average."
        )
    least, most = min(facts.support.values()), max(facts.support.values())
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"No class is short of data: each has {each} training images, so the differences between "
        "classes come from what they look like."
    )


def _calibration_next(facts: Facts) -> str:
    if facts.calibration.error < CALIBRATED:
        return ""
    return (
        f"With an expected calibration error of {facts.calibration.error:.3f}, scale the logits "
        "by a temperature fitted on validation images, or set training.label_smoothing, before "
        "confidences are used for a decision."
    )


def _cheaper(facts: Facts) -> str:
    """The cheapest trial within half a percent of the best, where it is much cheaper."""
    if facts.view.objectives[0] != names.VAL_ACCURACY or not facts.chosen.values:
        return ""
    mine = seconds_of(facts.chosen)
    near = [
        trial
        for trial in ranked(facts.view)
        if trial.values[0] >= facts.chosen.values[0] - 0.005 and seconds_of(trial) > 0
    ]
    if not near or not mine:
        return ""
    cheapest = min(near, key=seconds_of)
    if cheapest.number == facts.chosen.number or seconds_of(cheapest) > 0.7 * mine:
        return (
            f"No trial within 0.5 % of the best validation accuracy is much cheaper than its "
            f"{duration(mine)}."
        )
    return (
        f"Trial {cheapest.number} comes within 0.5 % of the best validation accuracy "
        f"({objective_value(names.VAL_ACCURACY, cheapest.values[0])}) in "
        f"{duration(seconds_of(cheapest))} instead of {duration(mine)}: the last bit of accuracy "
        f"cost {mine / seconds_of(cheapest):.1f} times the training."
    )


def _one_seed(facts: Facts) -> str:
    if facts.retrained is not None and len(facts.retrained.seeds) > 1:
        return ""
    return (
        f"Every trial ran once, with seed {facts.config.seed}: how much of a difference is luck "
        "in the seed is not known. python -m analysis retrain=5 measures it."
    )


def _pair(facts: Facts) -> str:
    hard = facts.hardest
    if hard.closest is None or hard.mutual < 0.02 * (hard.metrics.support or 1):
        return ""
    mistakes = round((1 - facts.metrics.accuracy) * facts.metrics.size)
    name = next(kin.name for kin in hard.alike if kin.index == hard.closest)
    return (
        f"{percent(hard.mutual / mistakes, 0)} of all {mistakes:,} test mistakes are between "
        f"{hard.metrics.name} and {name}: what tells these two apart (larger maps before the "
        "last pooling, more channels, more images of the two) works on that share."
    )
