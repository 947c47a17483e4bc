"""The section about limits and next steps. Each item is based on a measurement."""

from __future__ import annotations

from analysis.measure.comparisons import seconds_of
from analysis.measure.findings import Findings
from analysis.measure.search_bounds import AtBound
from analysis.text.command import command
from analysis.text.evaluation import needs_recalibration
from analysis.text.hardest_class import MIN_MUTUAL_MISTAKES
from analysis.text.model import (
    MAX_ACCURACY_GAP,
    MIN_EPOCHS,
    accuracy_gap,
    accuracy_gap_bounds,
    overfits_by_loss,
)
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

MAX_BALANCED_RATIO = 1.5
"""Largest ratio between the sizes of two classes that counts as balanced."""
CHEAPER_WITHIN = 0.005
"""Accuracy that a cheaper trial may lose, as a fraction."""


def limits(findings: Findings) -> list[str]:
    """The items that apply to this run."""
    items = [
        _search_bounds(findings),
        _overfitting(findings),
        _class_sizes(findings),
        _recalibration(findings),
    ]
    items += [_cheaper_trial(findings), _single_seed(findings), _confused_pair(findings)]
    return [item for item in items if item]


def _search_bounds(findings: Findings) -> str:
    if not findings.at_bounds:
        return (
            "No searched parameter has its best value at a bound of the search space, so widening "
            "the search is not the first thing to try."
            if findings.is_best and findings.chosen.params
            else ""
        )
    extensible = [
        parameter for parameter in findings.at_bounds if parameter.suggestion is not None
    ]
    if not extensible:
        return ""
    trial = "The best trial" if findings.is_best else f"Trial {findings.chosen.number}"
    return (
        f"{trial} is at a bound of the search space in "
        f"{listed([_at_bound(parameter) for parameter in extensible])}: better values may lie "
        "outside."
    )


def _at_bound(parameter: AtBound) -> str:
    extreme = "highest" if parameter.side == "high" else "lowest"
    relation = (
        f"the {extreme} value searched"
        if parameter.value == parameter.bound
        else f"near the {extreme} value searched, {number(parameter.bound)}"
    )
    return (
        f"{short(parameter.key)} ({number(parameter.value)}, {relation}; extend to "
        f"{number(parameter.suggestion)})"
    )


def _overfitting(findings: Findings) -> str:
    if len(findings.history) < MIN_EPOCHS:
        return ""
    gap, (low, high) = accuracy_gap(findings), accuracy_gap_bounds(findings)
    if high <= MAX_ACCURACY_GAP:
        validation = findings.history[findings.best_epoch - 1][names.VAL_ACCURACY]
        if overfits_by_loss(findings) or validation == 1:
            return ""
        return (
            f"Training accuracy, in evaluation mode, exceeds validation accuracy by at most "
            f"{points(max(high, 0.0))} (upper end of the 95 % interval): the network is limited "
            "by size or training time, not by overfitting, so a larger network or more epochs may "
            "help."
        )
    if gap <= MAX_ACCURACY_GAP or low <= 0:
        return ""
    unused = _unused_regularisation(findings)
    options = f" ({listed(unused, last='or')})" if unused else ""
    return (
        f"Training accuracy, in evaluation mode, is {points(gap)} above validation accuracy: more "
        f"regularisation may help{options}."
    )


def _unused_regularisation(findings: Findings) -> list[str]:
    """Regularisation that is switched off. Mirroring does not suit every kind of image."""
    config = findings.config
    return [
        key
        for key, is_off in (
            (
                "augment=erase (or crop_flip where a mirror image keeps its class)",
                not config.augmentation,
            ),
            ("model.dropout", config.model.get("dropout") == 0),
            ("optimizer.weight_decay", config.optimizer.get("weight_decay") == 0),
            ("training.label_smoothing", _without_smoothing(config)),
        )
        if is_off
    ]


def _without_smoothing(config: RunConfig) -> bool:
    return config.training.loss is None and config.training.label_smoothing == 0


def _class_sizes(findings: Findings) -> str:
    sizes = findings.class_sizes
    if not sizes:
        return ""
    mean = sum(sizes.values()) / len(sizes)
    small = [f"{class_name(name)} ({size:,})" for name, size in sizes.items() if size < 0.5 * mean]
    if small:
        return (
            f"Few training images are available for {listed(small)}, compared with an average of "
            f"{mean:,.0f} per class."
        )
    smallest, largest = min(sizes.values()), max(sizes.values())
    if largest > MAX_BALANCED_RATIO * smallest:
        return ""
    size = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
    return (
        f"Each class has {size} training images, so class sizes do not explain the differences "
        "between classes."
    )


def _recalibration(findings: Findings) -> str:
    calibration = findings.calibration
    if not needs_recalibration(calibration):
        return ""
    smoothing = calibration.surplus > 0 and _without_smoothing(findings.config)
    return (
        f"The expected calibration error is {calibration.error:.3f}: before using confidences for "
        "decisions, scale the logits by a temperature fitted on validation images"
        f"{', or set training.label_smoothing' if smoothing else ''}."
    )


def _cheaper_trial(findings: Findings) -> str:
    """The cheapest trial of nearly the same accuracy, where it is much cheaper."""
    if findings.view.objectives[0] != names.VAL_ACCURACY or not findings.chosen.values:
        return ""
    seconds = seconds_of(findings.chosen)
    similar = [
        trial
        for trial in findings.view.distinct
        if trial.values[0] >= findings.chosen.values[0] - CHEAPER_WITHIN and seconds_of(trial) > 0
    ]
    if len(similar) < 2 or not seconds:
        return ""
    cheapest = min(similar, key=seconds_of)
    reference = f"trial {findings.chosen.number}"
    timing = "wall-clock time; other programs may have been running"
    if cheapest.number == findings.chosen.number or seconds_of(cheapest) > 0.7 * seconds:
        return (
            f"No trial is much cheaper to train and at most {points(CHEAPER_WITHIN)} less "
            f"accurate on validation images than {reference}, which took "
            f"{duration(seconds)} ({timing})."
        )
    return (
        f"Trial {cheapest.number} has a validation accuracy of "
        f"{objective_value(names.VAL_ACCURACY, cheapest.values[0])}, at most "
        f"{points(CHEAPER_WITHIN)} below that of {reference}, and took "
        f"{duration(seconds_of(cheapest))} to train instead of {duration(seconds)} ({timing})."
    )


def _single_seed(findings: Findings) -> str:
    if findings.retrained is not None and len(findings.retrained.seeds) > 1:
        return ""
    if "seed" in findings.view.spaces or findings.chosen.number in findings.view.further_values:
        return ""
    single = findings.view.is_single_run
    ran = (
        "The network was trained"
        if single
        else f"Trial {findings.chosen.number} ran"
        if findings.view.further_values
        else "Every trial ran"
    )
    return (
        f"{ran} once, with seed {findings.config.seed}, so the variation between seeds is "
        f"unknown. To measure it, run {command(findings, 'retrain=5')}."
    )


def _confused_pair(findings: Findings) -> str:
    hardest = findings.hardest
    if (
        len(findings.metrics.per_class) < 3
        or hardest.most_confused is None
        or hardest.mutual_mistakes < MIN_MUTUAL_MISTAKES
    ):
        return ""
    mistakes = round((1 - findings.metrics.accuracy) * findings.metrics.size)
    partner = findings.metrics.per_class[hardest.most_confused].name
    capacity = ["larger maps before the last pooling", "more channels"]
    options = [
        *(capacity if findings.summary.convolutions else ["more neurons"]),
        "more training images of these two classes",
    ]
    return (
        f"{percent(hardest.mutual_mistakes / mistakes, 0)} of all {mistakes:,} test mistakes are "
        f"between {class_name(hardest.metrics.name)} and {class_name(partner)}: "
        f"{listed(options, last='or')} may help to tell them apart."
    )
