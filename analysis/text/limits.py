"""What the evidence does not show, and what to try next: each item stands on a measurement."""

from __future__ import annotations

from analysis.measure.comparisons import seconds_of
from analysis.measure.findings import Findings
from analysis.measure.search_bounds import Edge
from analysis.text.model import GAP
from analysis.text.test_split import calibrated
from analysis.wording import (
    class_name,
    duration,
    listed,
    number,
    objective_value,
    percent,
    points,
    short,
)
from tailor import names
from tailor.config import RunConfig

WORTH_IMAGES = 5  # mistakes between two classes; fewer are an accident
ALIKE_IN_NUMBER = 1.5  # times as many images in one class as in another, at most


def limits(findings: Findings) -> list[str]:
    """The items that this run gives reason for."""
    items = [
        _widen(findings),
        _gap(findings),
        _short_classes(findings),
        _calibration_next(findings),
    ]
    items += [_cheaper(findings), _one_seed(findings), _pair(findings)]
    return [item for item in items if item]


def _widen(findings: Findings) -> str:
    if not findings.edges:
        return (
            "No searched parameter has its best value at the edge of the space, so widening the "
            "search is not the first thing to try."
            if findings.is_best and findings.chosen.params
            else ""
        )
    further = [edge for edge in findings.edges if edge.suggestion is not None]
    if not further:
        return ""
    whose = "The best trial" if findings.is_best else f"Trial {findings.chosen.number}"
    return (
        f"{whose} lies at the edge of the search space in {listed([_edge(e) for e in further])}: "
        "better values may lie outside."
    )


def _edge(edge: Edge) -> str:
    at = "highest" if edge.side == "high" else "lowest"
    where = (
        f"the {at} searched"
        if edge.value == edge.bound
        else f"near the {at}, {number(edge.bound)}"
    )
    return (
        f"{short(edge.key)} ({number(edge.value)}, {where}; widen towards "
        f"{number(edge.suggestion)})"
    )


def _gap(findings: Findings) -> str:
    if not findings.history:
        return ""
    kept = findings.history[findings.best_epoch - 1]
    gap = kept[names.TRAIN_ACCURACY] - kept[names.VAL_ACCURACY]
    if gap < -GAP:
        return ""  # training images were made harder: the two cannot be held against each other
    if gap <= GAP:
        return (
            f"Training and validation accuracy are {points(abs(gap))} apart: rather the network's "
            "size or its epochs than overfitting limits it, so a larger one or a longer run may "
            "pay."
        )
    off = _regularisation_off(findings)
    ways = f" ({listed(off, last='or')})" if off else ""
    return (
        f"Training accuracy is {points(gap)} above validation accuracy: more regularisation may "
        f"help{ways}."
    )


def _regularisation_off(findings: Findings) -> list[str]:
    """What could still be switched on; mirroring is not for every kind of image."""
    config = findings.config
    return [
        key
        for key, is_off in (
            (
                "augment=erase (or crop_flip where a mirror image keeps its class)",
                not config.augment,
            ),
            ("model.dropout", config.model.get("dropout") == 0),
            ("optimizer.weight_decay", config.optimizer.get("weight_decay") == 0),
            ("training.label_smoothing", _unsmoothed(config)),
        )
        if is_off
    ]


def _unsmoothed(config: RunConfig) -> bool:
    return config.training.loss is None and config.training.label_smoothing == 0


def _short_classes(findings: Findings) -> str:
    if not findings.support:
        return ""
    usual = sum(findings.support.values()) / len(findings.support)
    short_of = [f"{name} ({n:,})" for name, n in findings.support.items() if n < 0.5 * usual]
    if short_of:
        return (
            f"Short of training images are {listed(short_of)}, against {usual:,.0f} of a class on "
            "average."
        )
    least, most = min(findings.support.values()), max(findings.support.values())
    if most > ALIKE_IN_NUMBER * least:
        return ""
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"Each class has {each} training images, so their number does not explain the differences "
        "between classes."
    )


def _calibration_next(findings: Findings) -> str:
    found = findings.calibration
    if calibrated(found):
        return ""
    smoothing = found.surplus > 0 and _unsmoothed(findings.config)
    return (
        f"With an expected calibration error of {found.error:.3f}, scale the logits by a "
        "temperature fitted on validation images"
        f"{', or set training.label_smoothing,' if smoothing else ''} before confidences are used "
        "for a decision."
    )


def _cheaper(findings: Findings) -> str:
    """The cheapest trial within half a point of the best, where it is much cheaper."""
    if findings.view.objectives[0] != names.VAL_ACCURACY or not findings.chosen.values:
        return ""
    mine = seconds_of(findings.chosen)
    near = [
        trial
        for trial in findings.view.ranked
        if trial.values[0] >= findings.chosen.values[0] - 0.005 and seconds_of(trial) > 0
    ]
    if len(near) < 2 or not mine:
        return ""
    cheapest = min(near, key=seconds_of)
    timed = "as timed, with whatever ran beside"
    if cheapest.number == findings.chosen.number or seconds_of(cheapest) > 0.7 * mine:
        return (
            f"No trial within {points(0.005)} of its validation accuracy is much cheaper than its "
            f"{duration(mine)}, {timed}."
        )
    return (
        f"Trial {cheapest.number} comes within {points(0.005)} of its validation accuracy "
        f"({objective_value(names.VAL_ACCURACY, cheapest.values[0])}) in "
        f"{duration(seconds_of(cheapest))} of training instead of {duration(mine)}, {timed}."
    )


def _one_seed(findings: Findings) -> str:
    if findings.retrained is not None and len(findings.retrained.seeds) > 1:
        return ""
    if "seed" in findings.view.spaces:
        return ""
    return (
        f"Every trial ran once, with seed {findings.config.seed}: how much of a difference is "
        "luck in the seed is not known. python -m analysis retrain=5 measures it."
    )


def _pair(findings: Findings) -> str:
    hard = findings.hardest
    few_classes = len(findings.metrics.per_class) < 3
    if few_classes or hard.closest is None or hard.mutual < WORTH_IMAGES:
        return ""
    mistakes = round((1 - findings.metrics.accuracy) * findings.metrics.size)
    name = next(kin.name for kin in hard.alike if kin.index == hard.closest)
    wider = ["larger maps before the last pooling", "more channels"]
    levers = [
        *(wider if findings.summary.convolutions else ["more neurons"]),
        "more images of the two",
    ]
    return (
        f"{percent(hard.mutual / mistakes, 0)} of all {mistakes:,} test mistakes are between "
        f"{class_name(hard.metrics.name)} and {class_name(name)}: what tells these two apart "
        f"({listed(levers, last='or')}) works on that share."
    )
