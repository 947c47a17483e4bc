"""The network and its training in sentences."""

from __future__ import annotations

from analysis.loss_names import CROSS_ENTROPY, training_loss
from analysis.measure.comparisons import Budget
from analysis.measure.findings import Findings
from analysis.wording import counted, listed, number, objective_value, percent, points, short
from tailor import names
from tailor.training.result import Row

GAP = 0.03  # between training and validation accuracy; a smaller one is no overfitting
RISE = 1.02  # times the lowest validation loss; less is no rise
FEW_EPOCHS = 3  # with less, a course has no turn


def architecture(findings: Findings) -> str:
    summary = findings.summary
    if not summary.convolutions:
        text = (
            "The network has no convolutional layer, so the questions of padding and pooling do "
            "not arise."
        )
    else:
        pads = [layer.padding for layer in summary.layers if layer.kind.startswith("Conv")]
        words = {
            "same": f"Padding is used ({_pixels(pads)} on each side): every convolution keeps "
            "height and width but for its stride.",
            "valid": "Padding is not used: every convolution trims the border of its map.",
            "mixed": "Padding is used in some of the convolutions and not in others.",
        }
        pooling = (
            f"Maps shrink by {listed(summary.pooling)}."
            if not _plain_pooling(summary.pooling)
            else f"Pooling is {listed(summary.pooling)}."
        )
        text = (
            f"The network has {counted(summary.convolutions, 'convolutional layer')}. "
            f"{words[summary.padding]} {pooling if summary.pooling else 'There is no pooling.'}"
        )
    return (
        f"{text} {summary.head_in:,} features enter the final fully connected layer: "
        f"{summary.head_arithmetic}. In all the network has {summary.parameters:,} parameters "
        f"and spends {summary.multiply_adds / 1e6:.2f} million multiply-adds on an image."
    )


def _pixels(pads: list[int | None]) -> str:
    found = sorted({pad for pad in pads if pad})
    return f"{listed([str(pad) for pad in found])} {'pixel' if found == [1] else 'pixels'}"


def _plain_pooling(ways: tuple[str, ...]) -> bool:
    return all(way.split()[0] in ("max", "average", "global", "adaptive") for way in ways)


def course(findings: Findings) -> list[str]:
    """How training went, and whether it overfits."""
    history, best = findings.history, findings.best_epoch
    if not history:
        return []
    kept = history[best - 1]
    text = (
        f"At epoch {best} of {len(history)}, whose weights were kept, accuracy is "
        f"{percent(kept[names.TRAIN_ACCURACY], 2)} on training and "
        f"{percent(kept[names.VAL_ACCURACY], 2)} on validation images; loss is "
        f"{kept[names.TRAIN_LOSS]:.4f} and {kept[names.VAL_LOSS]:.4f}"
    )
    loss = training_loss(findings.config)
    if loss != CROSS_ENTROPY:
        text += f", on two scales: the first is {loss}, the second plain {CROSS_ENTROPY}"
    return [f"{text}. {_overfitting(findings, kept)}"]


def _overfitting(findings: Findings, kept: Row) -> str:
    """One verdict, from the course of the losses and from the two accuracies."""
    history, last = findings.history, findings.history[-1]
    if len(history) < FEW_EPOCHS:
        return (
            f"{counted(len(history), 'epoch')} {'is' if len(history) == 1 else 'are'} too few to "
            "say where it would begin to overfit."
        )
    gap = kept[names.TRAIN_ACCURACY] - kept[names.VAL_ACCURACY]
    lowest = min(history, key=lambda row: row[names.VAL_LOSS])
    turned = int(lowest[names.EPOCH])
    rises = last[names.VAL_LOSS] > RISE * lowest[names.VAL_LOSS]
    if rises and last[names.TRAIN_LOSS] < lowest[names.TRAIN_LOSS]:
        text = (
            f"Validation loss is lowest after epoch {turned} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"rises to {last[names.VAL_LOSS]:.4f} by epoch {len(history)} while training loss "
            f"falls from {lowest[names.TRAIN_LOSS]:.4f} to {last[names.TRAIN_LOSS]:.4f}: by its "
            f"loss the network overfits from epoch {turned + 1} on"
        )
        if findings.best_epoch > turned:
            text += (
                ", though validation accuracy still rose to its best in epoch "
                f"{findings.best_epoch}"
            )
        return f"{text}. {_gap(gap)}"
    if rises:
        return (
            f"Validation loss is lowest after epoch {turned} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"ends at {last[names.VAL_LOSS]:.4f}, but training loss rose too: that is no "
            "overfitting, training itself got worse."
        )
    steady = (
        f"Validation loss is lowest after epoch {turned} and does not rise noticeably after it"
    )
    if gap > GAP:
        return f"{steady}, so what the network has learnt by heart did no harm yet. {_gap(gap)}"
    return f"{steady}: no sign of overfitting. {_gap(gap)}"


def _gap(gap: float) -> str:
    if gap < -GAP:
        return (
            f"Training accuracy is {points(-gap)} below validation accuracy: it is a running mean "
            "over an epoch, and dropout or augmentation make training images harder."
        )
    if gap > GAP:
        return f"Training accuracy is {points(gap)} above validation accuracy."
    return f"The two accuracies are {points(abs(gap))} apart."


def budgets(findings: Findings) -> str:
    """Whether more epochs paid."""
    compared = findings.budgets
    if len(compared) < 2:
        return (
            "The number of epochs was not varied among complete trials, so budgets cannot be "
            "compared."
        )
    first = findings.view.objectives[0]
    how = (
        "with all other settings equal"
        if findings.budgets_equal
        else "by the best trial of each, whose other settings differ"
    )
    parts = [
        f"{counted(budget.epochs, 'epoch')} {'reach' if budget.epochs > 1 else 'reaches'} "
        f"{objective_value(first, budget.trial.values[0])} "
        f"(trial {budget.trial.number}; {counted(budget.count, 'trial')})"
        for budget in compared
    ]
    pick = max if findings.view.maximize[0] else min
    best = pick(compared, key=lambda budget: budget.trial.values[0])
    text = f"Comparing the epoch budgets {how}: {listed(parts)}. "
    if best is compared[-1]:
        lead = _lead(findings, best, compared[-2])
        return text + (
            f"The largest budget is ahead of the next smaller one by {lead}; what more epochs "
            "would bring is open."
        )
    lead = _lead(findings, best, compared[-1])
    return text + (
        f"{short(first).capitalize()} is best with {counted(best.epochs, 'epoch')}, ahead of the "
        f"largest budget by {lead}."
    )


def _lead(findings: Findings, best: Budget, other: Budget) -> str:
    """By how much one budget is ahead, and whether the validation images can show as much."""
    first = findings.view.objectives[0]
    value = best.trial.values[0]
    gain = abs(value - other.trial.values[0])
    if first != names.VAL_ACCURACY:
        return number(gain)
    error = (2 * value * (1 - value) / findings.sizes["validation"]) ** 0.5
    images = counted(findings.sizes["validation"], "validation image")
    if gain < 2 * error:
        return (
            f"{points(gain, 2)}, too little to show on {images} (two such shares differ by "
            f"about {points(error, 2)} by chance alone)"
        )
    return f"{points(gain, 2)}, more than the chance of {images}"
