"""Pictures of training: loss and accuracy by epoch, of the chosen trial and of all."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.figures.spec import (
    BLUE,
    CYCLE,
    DASHES,
    LIGHT,
    MARKERS,
    VERMILLION,
    Figure,
    Guide,
    Line,
    Panel,
)
from analysis.loss_names import CROSS_ENTROPY, training_loss
from analysis.measure.comparisons import Budget
from analysis.read.study import Trial
from analysis.wording import counted
from tailor import names
from tailor.config import RunConfig
from tailor.training.result import Row


def curves(history: Sequence[Row], best_epoch: int, config: RunConfig) -> Figure:
    """Loss and accuracy at each epoch.

    Args:
        best_epoch: the one whose weights were kept.
        config: of the run.
    """
    loss = training_loss(config)
    scales = (
        ""
        if loss == CROSS_ENTROPY
        else f" The training loss is {loss}, the validation loss plain cross-entropy: compare "
        "their courses, not their heights."
    )
    epochs = [row[names.EPOCH] for row in history]

    def line(column: str, name: str, *, seen: bool) -> Line:
        values = [row[column] for row in history]
        return Line(
            x=epochs,
            y=values,
            name=name,
            color=BLUE if seen else VERMILLION,
            dash="dash" if seen else "solid",
            marker="circle" if seen else "square",
            hover=[
                f"epoch {epoch:g}<br>{name} {value:.4f}"
                for epoch, value in zip(epochs, values, strict=True)
            ],
        )

    guides = [Guide(best_epoch, f"kept: epoch {best_epoch}", vertical=True)]
    return Figure(
        name="curves",
        caption=(
            "Loss and accuracy at each epoch, on training images (dashed, circles; a running mean "
            "over the epoch, while weights still move) and on validation images (solid, squares; "
            f"after the epoch). The weights of epoch {best_epoch} were kept.{scales}"
        ),
        panels=[
            Panel(
                title="loss",
                marks=[
                    line(names.TRAIN_LOSS, "training", seen=True),
                    line(names.VAL_LOSS, "validation", seen=False),
                ],
                x_label="epoch",
                x_whole=True,
                y_label="cross-entropy (nats)" if loss.startswith(CROSS_ENTROPY) else "loss",
                guides=guides,
            ),
            Panel(
                title="accuracy",
                marks=[
                    line(names.TRAIN_ACCURACY, "training", seen=True),
                    line(names.VAL_ACCURACY, "validation", seen=False),
                ],
                x_label="epoch",
                x_whole=True,
                y_label="accuracy",
                y_percent=True,
                guides=guides,
                legend=False,
            ),
        ],
        columns=2,
        height=2.7,
    )


def all_curves(trials: Sequence[Trial], chosen: Trial) -> Figure:
    """Validation accuracy of every trial by epoch, the chosen one on top.

    A trial of one epoch is a dot: a line through one point cannot be seen.
    """

    def line(trial: Trial) -> Line:
        epochs = [row[names.EPOCH] for row in trial.history]
        values = [row[names.VAL_ACCURACY] for row in trial.history]
        winner, pruned = trial.number == chosen.number, trial.state == "pruned"
        return Line(
            x=epochs,
            y=values,
            name=f"trial {trial.number}" if winner else "",
            color=VERMILLION if winner else LIGHT,
            width=2.6 if winner else 1,
            dash="dot" if pruned else "solid",
            marker="circle" if len(epochs) == 1 else None,
            hover=[
                f"trial {trial.number} ({trial.state})<br>epoch {epoch:g}<br>{value:.2%}"
                for epoch, value in zip(epochs, values, strict=True)
            ],
        )

    others = [trial for trial in trials if trial.history and trial.number != chosen.number]
    # Early epochs of bad trials would squeeze everything that matters into the top of the picture.
    shown = [*others, chosen]
    ends = sorted(trial.history[-1][names.VAL_ACCURACY] for trial in shown)
    low = max(0.0, round(ends[len(ends) // 10] - 0.12, 2))
    high = max(row[names.VAL_ACCURACY] for trial in shown for row in trial.history)
    dots = ", those of one epoch dots" if any(len(trial.history) == 1 for trial in shown) else ""
    form = "thick line" if len(chosen.history) > 1 else "red dot"
    cut = f" The axis is cut below {low:.0%}." if low else ""
    return Figure(
        name="learning_curves",
        caption=(
            f"Validation accuracy of all trials by epoch (pruned ones dotted{dots}); the {form} "
            f"is trial {chosen.number}.{cut}"
        ),
        panels=[
            Panel(
                marks=[line(trial) for trial in shown],
                x_label="epoch",
                x_whole=True,
                y_label="validation accuracy",
                y_percent=True,
                y_range=(low, min(1.0, high + 0.02)),
            )
        ],
        height=2.6,
    )


def budgets(compared: Sequence[Budget], *, equal: bool) -> Figure:
    """Validation accuracy and loss by epoch of the trial that stands for each epoch budget."""

    def line(budget: Budget, place: int, column: str) -> Line:
        history = budget.trial.history
        return Line(
            x=[row[names.EPOCH] for row in history],
            y=[row[column] for row in history],
            name=f"{counted(budget.epochs, 'epoch')} (trial {budget.trial.number})",
            color=CYCLE[place % len(CYCLE)],
            dash=DASHES[place % len(DASHES)],
            marker=MARKERS[place % len(MARKERS)],
            hover=[
                f"{budget.epochs} epochs, trial {budget.trial.number}"
                f"<br>epoch {row[names.EPOCH]:g}<br>{row[column]:.4f}"
                for row in history
            ],
        )

    which = (
        "the trials differ in nothing but their epochs"
        if equal
        else "each budget's best trial, whose other settings may differ"
    )
    return Figure(
        name="budgets",
        caption=f"The epoch budgets compared on validation images: {which}.",
        panels=[
            Panel(
                title="validation loss",
                marks=[line(b, place, names.VAL_LOSS) for place, b in enumerate(compared)],
                x_label="epoch",
                x_whole=True,
                y_label="cross-entropy (nats)",
                legend=False,
            ),
            Panel(
                title="validation accuracy",
                marks=[line(b, place, names.VAL_ACCURACY) for place, b in enumerate(compared)],
                x_label="epoch",
                x_whole=True,
                y_label="accuracy",
                y_percent=True,
            ),
        ],
        columns=2,
        height=2.6,
    )
