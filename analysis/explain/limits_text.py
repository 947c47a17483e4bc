"""What the evidence does not show, and what to try next: each item stands on a measurement."""

from __future__ import annotations

from analysis.explain.model_text import GAP
from analysis.explain.test_text import CALIBRATED
from analysis.facts import Facts
from analysis.select import ranked, seconds_of
from analysis.wording import class_name, duration, listed, number, objective_value, percent, short
from tailor import names


def limits(facts: Facts) -> list[str]:
    """The items that this run gives reason for."""
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
        f"{'highest' if edge.side == 'high' else 'lowest'} of the space; widen towards "
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
    if gap > GAP:
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
        f"{class_name(hard.metrics.name)} and {class_name(name)}: what tells these two apart "
        "(larger maps before the last pooling, more channels, more images of the two) works on "
        "that share."
    )
