"""The sections about the network and its training."""

from __future__ import annotations

from statistics import fmean

from analysis.loss_names import CROSS_ENTROPY, training_loss
from analysis.measure.comparisons import EPOCHS, Budget
from analysis.measure.findings import Findings
from analysis.measure.metrics import difference_interval
from analysis.measure.paired import Comparison
from analysis.text.command import command
from analysis.text.differences import higher_accuracy
from analysis.wording import (
    counted,
    listed,
    objective_difference,
    objective_value,
    percent,
    points,
    short,
)
from tailor import names
from tailor.config import RunConfig
from tailor.training.result import Row

MAX_ACCURACY_GAP = 0.03
"""Largest gap between training and validation accuracy that is not called overfitting."""
MIN_LOSS_RISE = 1.02
"""Validation loss has risen if it exceeds this multiple of its minimum."""
MIN_EPOCHS = 3
"""Fewer epochs do not show whether the validation loss turns."""


def architecture(findings: Findings) -> str:
    summary = findings.summary
    if not summary.convolutions:
        text = "The network has no convolutional layer, so padding and pooling do not apply."
    else:
        convolutions = [layer for layer in summary.layers if layer.kind.startswith("Conv")]
        strided = any((layer.stride or 1) > 1 for layer in convolutions)
        padding = {
            "same": f"Padding ({_pixels([layer.padding for layer in convolutions])} on each side) "
            f"preserves height and width{', apart from the stride' if strided else ''}.",
            "valid": "Padding is not used: every convolution trims the border of its map.",
            "mixed": "Padding is used in some of the convolutions only.",
            "patches": "Convolutions cut the image into patches, which needs no padding.",
        }
        pooling = (
            f"Maps are reduced by {listed(summary.pooling)}."
            if not _plain_pooling(summary.pooling)
            else f"Pooling is {listed(summary.pooling)}."
        )
        text = (
            f"The network has {counted(summary.convolutions, 'convolutional layer')}. "
            f"{padding[summary.padding]} {pooling if summary.pooling else 'There is no pooling.'}"
        )
    arithmetic = f": {summary.head_arithmetic}" if summary.is_chain else ""
    return (
        f"{text} {summary.head_in:,} features enter the final fully connected layer{arithmetic}. "
        f"The whole network has {summary.parameters:,} parameters and needs "
        f"{summary.multiply_adds / 1e6:.2f} million multiply-adds per image."
    )


def _pixels(pads: list[int | None]) -> str:
    sizes = sorted({pad for pad in pads if pad})
    return f"{listed([str(size) for size in sizes])} {'pixel' if sizes == [1] else 'pixels'}"


def _plain_pooling(kinds: tuple[str, ...]) -> bool:
    return all(kind.split()[0] in ("max", "average", "global", "adaptive") for kind in kinds)


def learning_curve(findings: Findings) -> list[str]:
    """How training went, and whether it overfits."""
    history, best_epoch = findings.history, findings.best_epoch
    if not history:
        return []
    best = history[best_epoch - 1]
    text = (
        f"The weights of epoch {best_epoch} of {len(history)} were kept, with an accuracy of "
        f"{percent(best[names.VAL_ACCURACY], 2)} on validation images. Loss in this epoch is "
        f"{best[names.TRAIN_LOSS]:.4f} on training and {best[names.VAL_LOSS]:.4f} on validation "
        "images"
    )
    loss = training_loss(findings.config)
    if loss != CROSS_ENTROPY:
        text += (
            f", which are not comparable: the training loss is {loss}, the validation loss plain "
            f"{CROSS_ENTROPY}"
        )
    return [f"{text}. {_running_mean(findings, best)}", _overfitting(findings, best)]


def _running_mean(findings: Findings, best: Row) -> str:
    """Why the training accuracy of the epoch is not compared with validation accuracy."""
    harder = _harder_training(findings.config)
    while_harder = f", on images that {listed(harder)} made harder" if harder else ""
    score = findings.training_score
    return (
        f"Training accuracy, {percent(best[names.TRAIN_ACCURACY], 2)}, is a running mean over the "
        f"epoch, while the weights change{while_harder}. With the weights that were kept, in "
        f"evaluation mode, it is {percent(score.accuracy, 2)} on "
        f"{counted(score.size, 'training image')}."
    )


def _harder_training(config: RunConfig) -> list[str]:
    """Active settings that make training images harder than validation images."""
    steps = list(config.augmentation)
    parts = [f"augmentation ({listed(steps)})"] if steps else []
    return [*parts, "dropout"] if config.model.get("dropout") else parts


def accuracy_gap(findings: Findings) -> float:
    """Accuracy on training images minus accuracy on validation images, both in evaluation mode."""
    best = findings.history[findings.best_epoch - 1]
    return findings.training_score.accuracy - best[names.VAL_ACCURACY]


def accuracy_gap_bounds(findings: Findings) -> tuple[float, float]:
    """The 95 % interval of `accuracy_gap`."""
    score = findings.training_score
    validation = findings.history[findings.best_epoch - 1][names.VAL_ACCURACY]
    return difference_interval(
        score.accuracy, score.size, validation, findings.sizes["validation"]
    )


def overfits_by_loss(findings: Findings) -> bool:
    """Whether validation loss rises after its minimum while training loss falls."""
    last, lowest = findings.history[-1], _lowest_loss(findings)
    return _rises(findings) and last[names.TRAIN_LOSS] < lowest[names.TRAIN_LOSS]


def _rises(findings: Findings) -> bool:
    lowest = _lowest_loss(findings)[names.VAL_LOSS]
    return findings.history[-1][names.VAL_LOSS] > MIN_LOSS_RISE * lowest


def _lowest_loss(findings: Findings) -> Row:
    """The first epoch with the lowest validation loss."""
    return min(findings.history, key=lambda row: row[names.VAL_LOSS])


def _overfitting(findings: Findings, best: Row) -> str:
    """A single verdict from the loss curves and the two accuracies."""
    history, last = findings.history, findings.history[-1]
    if len(history) < MIN_EPOCHS:
        return (
            f"{counted(len(history), 'epoch')} {'is' if len(history) == 1 else 'are'} too few to "
            "tell when the network starts to overfit."
        )
    gap = accuracy_gap(findings)
    lowest = _lowest_loss(findings)
    turn = int(lowest[names.EPOCH])
    if overfits_by_loss(findings):
        text = (
            f"Validation loss is lowest after epoch {turn} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"rises to {last[names.VAL_LOSS]:.4f} by epoch {len(history)} while training loss "
            f"falls from {lowest[names.TRAIN_LOSS]:.4f} to {last[names.TRAIN_LOSS]:.4f}: judged "
            f"by the loss, the network overfits from epoch {turn + 1} on"
        )
        if findings.best_epoch > turn:
            text += f", although validation accuracy is highest in epoch {findings.best_epoch}"
        return f"{text}. {_accuracy_gap(gap)}"
    if _rises(findings):
        return (
            f"Validation loss is lowest after epoch {turn} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"ends at {last[names.VAL_LOSS]:.4f}, but training loss rose too: this is not "
            "overfitting; training itself got worse."
        )
    steady = (
        "Validation loss is lowest after the last epoch"
        if turn == len(history)
        else f"Validation loss is lowest after epoch {turn} and does not rise noticeably later"
    )
    if gap > MAX_ACCURACY_GAP:
        return f"{steady}, so overfitting does no harm yet. {_accuracy_gap(gap)}"
    return f"{steady}: there is no sign of overfitting. {_accuracy_gap(gap)}"


def _accuracy_gap(gap: float) -> str:
    direction = "above" if gap > 0 else "below"
    distance = f"{points(abs(gap))} {direction}" if round(gap, 3) else "equal to"
    return f"In evaluation mode, training accuracy is {distance} validation accuracy."


def budgets(findings: Findings) -> str:
    """Whether more epochs improved the result."""
    compared = findings.budgets
    best = compared.best
    if best is None and findings.view.is_single_run:
        return ""
    if best is None:
        return (
            "The number of epochs does not vary among the complete trials, so epoch budgets "
            "cannot be compared."
        )
    first = findings.view.objectives[0]
    selection = (
        "In the best trial of each epoch budget"
        if not compared.equal
        else "With all other settings equal, in runs trained for this report"
        if best.trained
        else "With all other settings equal"
    )
    parts = [
        f"{counted(budget.epochs, 'epoch')} {'reach' if budget.epochs > 1 else 'reaches'} "
        f"{objective_value(first, budget.trial.values[0])}{_origin(budget)}"
        for budget in compared.budgets
    ]
    what = "" if first == names.VAL_ACCURACY else f" compared by {short(first)},"
    text = f"{selection},{what} {listed(parts)}. "
    if not compared.equal:
        return text + (
            "These trials also differ in other settings, and the best of several is a maximum, so "
            "their differences cannot be put down to the number of epochs. To compare runs that "
            f"differ in nothing else, run {command(findings, 'budgets=true')}."
        )
    return text + _lead(findings, best, compared.reference, compared.test)


def _origin(budget: Budget) -> str:
    if budget.trained:
        return ""
    pruned = f", {budget.pruned:,} pruned" if budget.pruned else ""
    return f" (trial {budget.trial.number}; {budget.complete:,} complete{pruned})"


def _lead(findings: Findings, best: Budget, other: Budget, test: Comparison | None) -> str:
    """The lead of a budget, and whether sampling error can explain it."""
    first = findings.view.objectives[0]
    view = findings.view
    # A budget trained for this report has the analysed trial's number, but not its further runs.
    further = [
        () if budget.trained else view.further_values.get(budget.trial.number, ())
        for budget in (best, other)
    ]
    value, compared = (
        fmean((budget.trial.values[0], *values))
        for budget, values in zip((best, other), further, strict=True)
    )
    pair = f"{counted(best.epochs, 'epoch')} and {counted(other.epochs, 'epoch')}"
    if value == compared:
        return f"{short(first).capitalize()} is equal with {pair}."
    lead = abs(value - compared)  # of the value that ranks the trials
    text = (
        f"{short(first).capitalize()} is best with {counted(best.epochs, 'epoch')}, ahead of "
        f"{counted(other.epochs, 'epoch')} by "
        f"{objective_difference(first, lead)}{' in the mean over seeds' if any(further) else ''}"
    )
    if test is None:
        text += ", which is not tested: a trial has no weights on this host."
    else:
        mine, theirs = (f"with {counted(budget.epochs, 'epoch')}" for budget in (best, other))
        text += f". On the same validation images, {higher_accuracy(test, mine, theirs)}."
    if best is findings.budgets.budgets[-1]:
        larger = [trial for trial in view.trials if trial.params.get(EPOCHS, 0) > best.epochs]
        text += (
            " No trial with more epochs was trained to its end."
            if larger
            else " Larger budgets were not tried."
        )
    return text
