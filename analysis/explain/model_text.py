"""The network and its training in sentences."""

from __future__ import annotations

from analysis.facts import Facts
from analysis.wording import counted, listed, number, objective_value, percent, short
from tailor import names

GAP = 0.03  # between training and validation accuracy; a smaller one is no overfitting


def architecture(facts: Facts) -> str:
    summary = facts.summary
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


def course(facts: Facts) -> list[str]:
    """How training went, and where it overfits."""
    history, best = facts.history, facts.best_epoch
    if not history:
        return []
    kept = history[best - 1]
    last = history[-1]
    gap = kept[names.TRAIN_ACCURACY] - kept[names.VAL_ACCURACY]
    text = (
        f"At epoch {best} of {len(history)}, whose weights were kept, accuracy is "
        f"{percent(kept[names.TRAIN_ACCURACY], 2)} on training and "
        f"{percent(kept[names.VAL_ACCURACY], 2)} on validation images; loss is "
        f"{kept[names.TRAIN_LOSS]:.4f} and {kept[names.VAL_LOSS]:.4f}. "
    )
    lowest = min(history, key=lambda row: row[names.VAL_LOSS])
    turned = int(lowest[names.EPOCH])
    if turned < len(history) and last[names.VAL_LOSS] > 1.02 * lowest[names.VAL_LOSS]:
        text += (
            f"Validation loss is lowest after epoch {turned} ({lowest[names.VAL_LOSS]:.4f}) and "
            f"rises to {last[names.VAL_LOSS]:.4f} by epoch {len(history)} while training loss "
            f"goes from {lowest[names.TRAIN_LOSS]:.4f} to {last[names.TRAIN_LOSS]:.4f}: from "
            f"epoch {turned + 1} on the network overfits. "
        )
    else:
        text += (
            f"Validation loss reaches its lowest value after epoch {turned} and does not rise "
            "noticeably after it, so there is no epoch at which overfitting sets in. "
        )
    if gap > GAP:
        text += (
            f"The gap of {percent(gap)} between training and validation shows what the network "
            "has learnt by heart."
        )
    elif gap < -GAP:
        text += (
            "Training accuracy is below validation accuracy: it is a running mean over an epoch, "
            "and dropout or augmentation make training images harder."
        )
    else:
        text += f"The two accuracies differ by {percent(abs(gap))} only."
    return [text]


def budgets(facts: Facts) -> str:
    """Whether more epochs paid."""
    compared = facts.budgets
    if len(compared) < 2:
        return (
            "The number of epochs was not varied among complete trials, so budgets cannot be "
            "compared."
        )
    first = facts.view.objectives[0]
    how = (
        "with all other settings equal"
        if facts.budgets_equal
        else "by the best trial of each, whose other settings differ"
    )
    parts = [
        f"{counted(budget.epochs, 'epoch')} {'reach' if budget.epochs > 1 else 'reaches'} "
        f"{objective_value(first, budget.trial.values[0])} "
        f"(trial {budget.trial.number}; {counted(budget.count, 'trial')})"
        for budget in compared
    ]
    pick = max if facts.view.maximize[0] else min
    best = pick(compared, key=lambda budget: budget.trial.values[0])
    text = f"Comparing the epoch budgets {how}: {listed(parts)}. "
    if best is compared[-1]:
        gain = abs(best.trial.values[0] - compared[-2].trial.values[0])
        amount = percent(gain, 2) if first == names.VAL_ACCURACY else number(gain)
        return text + (
            f"The largest budget is the best, by {amount} over the next smaller one; what more "
            "epochs would bring is open."
        )
    return text + (
        f"More than {counted(best.epochs, 'epoch')} did not help here: {short(first)} is best "
        f"with {best.epochs}."
    )
