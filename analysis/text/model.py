"""The sections about the network and its training."""

from __future__ import annotations

from analysis.loss_names import CROSS_ENTROPY, training_loss
from analysis.measure.comparisons import Budget
from analysis.measure.findings import Findings
from analysis.wording import counted, listed, number, objective_value, percent, points, short
from tailor import names
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
    return (
        f"{text} {summary.head_in:,} features enter the final fully connected layer: "
        f"{summary.head_arithmetic}. The whole network has {summary.parameters:,} parameters "
        f"and needs {summary.multiply_adds / 1e6:.2f} million multiply-adds per image."
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
        f"The weights of epoch {best_epoch} of {len(history)} were kept. Accuracy in this epoch "
        f"is {percent(best[names.TRAIN_ACCURACY], 2)} on training and "
        f"{percent(best[names.VAL_ACCURACY], 2)} on validation images; loss is "
        f"{best[names.TRAIN_LOSS]:.4f} and {best[names.VAL_LOSS]:.4f}"
    )
    loss = training_loss(findings.config)
    if loss != CROSS_ENTROPY:
        text += (
            f", which are not comparable: the training loss is {loss}, the validation loss plain "
            f"{CROSS_ENTROPY}"
        )
    return [f"{text}. {_overfitting(findings, best)}"]


def _overfitting(findings: Findings, best: Row) -> str:
    """A single verdict from the loss curves and the two accuracies."""
    history, last = findings.history, findings.history[-1]
    if len(history) < MIN_EPOCHS:
        return (
            f"{counted(len(history), 'epoch')} {'is' if len(history) == 1 else 'are'} too few to "
            "tell when the network starts to overfit."
        )
    gap = best[names.TRAIN_ACCURACY] - best[names.VAL_ACCURACY]
    lowest = min(history, key=lambda row: row[names.VAL_LOSS])
    turn = int(lowest[names.EPOCH])
    rises = last[names.VAL_LOSS] > MIN_LOSS_RISE * lowest[names.VAL_LOSS]
    if rises and last[names.TRAIN_LOSS] < lowest[names.TRAIN_LOSS]:
        text = (
            f"Validation loss is lowest after epoch {turn} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"rises to {last[names.VAL_LOSS]:.4f} by epoch {len(history)} while training loss "
            f"falls from {lowest[names.TRAIN_LOSS]:.4f} to {last[names.TRAIN_LOSS]:.4f}: judged "
            f"by the loss, the network overfits from epoch {turn + 1} on"
        )
        if findings.best_epoch > turn:
            text += f", although validation accuracy is highest in epoch {findings.best_epoch}"
        return f"{text}. {_accuracy_gap(gap)}"
    if rises:
        return (
            f"Validation loss is lowest after epoch {turn} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"ends at {last[names.VAL_LOSS]:.4f}, but training loss rose too: this is not "
            "overfitting; training itself got worse."
        )
    steady = f"Validation loss is lowest after epoch {turn} and does not rise noticeably later"
    if gap > MAX_ACCURACY_GAP:
        return f"{steady}, so overfitting does no harm yet. {_accuracy_gap(gap)}"
    return f"{steady}: there is no sign of overfitting. {_accuracy_gap(gap)}"


def _accuracy_gap(gap: float) -> str:
    if gap < -MAX_ACCURACY_GAP:
        return (
            f"Training accuracy is {points(-gap)} below validation accuracy: it is a running mean "
            "over the epoch, and dropout or augmentation make training images harder."
        )
    if gap > MAX_ACCURACY_GAP:
        return f"Training accuracy is {points(gap)} above validation accuracy."
    return f"The two accuracies differ by {points(abs(gap))}."


def budgets(findings: Findings) -> str:
    """Whether more epochs improved the result."""
    compared = findings.budgets
    if len(compared) < 2:
        return (
            "The number of epochs does not vary among the complete trials, so epoch budgets "
            "cannot be compared."
        )
    first = findings.view.objectives[0]
    selection = (
        "With all other settings equal"
        if findings.budgets_equal
        else "In the best trial of each epoch budget (other settings differ)"
    )
    parts = [
        f"{counted(budget.epochs, 'epoch')} {'reach' if budget.epochs > 1 else 'reaches'} "
        f"{objective_value(first, budget.trial.values[0])} "
        f"(trial {budget.trial.number}; {counted(budget.count, 'trial')} in total)"
        for budget in compared
    ]
    pick = max if findings.view.maximize[0] else min
    best = pick(compared, key=lambda budget: budget.trial.values[0])
    text = f"{selection}, {listed(parts)}. "
    if best is compared[-1]:
        lead = _lead(findings, best, compared[-2])
        return text + (
            f"The largest budget is ahead of the next smaller one by {lead}; larger budgets were "
            "not tried."
        )
    lead = _lead(findings, best, compared[-1])
    return text + (
        f"{short(first).capitalize()} is best with {counted(best.epochs, 'epoch')}, ahead of the "
        f"largest budget by {lead}."
    )


def _lead(findings: Findings, best: Budget, other: Budget) -> str:
    """The lead of a budget, and whether sampling error can explain it."""
    first = findings.view.objectives[0]
    value = best.trial.values[0]
    gain = abs(value - other.trial.values[0])
    if first != names.VAL_ACCURACY:
        return number(gain)
    error = (2 * value * (1 - value) / findings.sizes["validation"]) ** 0.5
    images = counted(findings.sizes["validation"], "validation image")
    if gain < 2 * error:
        return (
            f"{points(gain, 2)}, a gap that sampling error can explain (with {images}, its "
            f"standard error is {points(error, 2)})"
        )
    return f"{points(gain, 2)}, more than sampling error explains with {images}"
