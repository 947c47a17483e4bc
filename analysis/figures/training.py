"""Figures of training: loss and accuracy per epoch, of the chosen trial and of all trials."""

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
from analysis.wording import counted, percent
from tailor import names
from tailor.config import RunConfig
from tailor.training.result import Row


def curves(history: Sequence[Row], best_epoch: int, config: RunConfig) -> Figure:
    """Loss and accuracy per epoch.

    Args:
        best_epoch: the epoch whose weights were kept.
        config: of the run.
    """
    loss = training_loss(config)
    scales = (
        ""
        if loss == CROSS_ENTROPY
        else f" The training loss is {loss}, the validation loss plain cross-entropy, so compare "
        "the shapes of the curves, not their values."
    )
    epochs = [row[names.EPOCH] for row in history]

    def line(column: str, name: str, *, training: bool) -> Line:
        values = [row[column] for row in history]
        return Line(
            x=epochs,
            y=values,
            name=name,
            color=BLUE if training else VERMILLION,
            dash="dash" if training else "solid",
            marker="circle" if training else "square",
            hover=[
                f"epoch {epoch:g}\n{name} {value:.4f}"
                for epoch, value in zip(epochs, values, strict=True)
            ],
        )

    guides = [Guide(best_epoch, f"best: epoch {best_epoch}", vertical=True)]
    return Figure(
        name="curves",
        caption=(
            "Loss and accuracy per epoch on training images (dashed, circles; running means over "
            "the epoch, while the weights change) and on validation images (solid, squares; after "
            f"the epoch). The weights of epoch {best_epoch} were kept.{scales}"
        ),
        panels=[
            Panel(
                title="loss",
                marks=[
                    line(names.TRAIN_LOSS, "training", training=True),
                    line(names.VAL_LOSS, "validation", training=False),
                ],
                x_label="epoch",
                x_integer=True,
                y_label="cross-entropy (nats)" if loss.startswith(CROSS_ENTROPY) else "loss",
                guides=guides,
            ),
            Panel(
                title="accuracy",
                marks=[
                    line(names.TRAIN_ACCURACY, "training", training=True),
                    line(names.VAL_ACCURACY, "validation", training=False),
                ],
                x_label="epoch",
                x_integer=True,
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
    """Validation accuracy of every trial per epoch, the chosen one on top.

    A trial with a single epoch is drawn as a dot, because its line would be invisible.
    """

    def line(trial: Trial) -> Line:
        epochs = [row[names.EPOCH] for row in trial.history]
        values = [row[names.VAL_ACCURACY] for row in trial.history]
        is_chosen, pruned = trial.number == chosen.number, trial.state == "pruned"
        return Line(
            x=epochs,
            y=values,
            name=f"trial {trial.number}" if is_chosen else "",
            color=VERMILLION if is_chosen else LIGHT,
            width=2.6 if is_chosen else 1,
            dash="dot" if pruned else "solid",
            marker="circle" if len(epochs) == 1 else None,
            hover=[
                f"trial {trial.number} ({trial.state})\nepoch {epoch:g}\n{percent(value, 2)}"
                for epoch, value in zip(epochs, values, strict=True)
            ],
        )

    others = [trial for trial in trials if trial.history and trial.number != chosen.number]
    # Without the cut, early epochs of bad trials would compress the rest of the figure.
    shown = [*others, chosen]
    ends = sorted(trial.history[-1][names.VAL_ACCURACY] for trial in shown)
    low = max(0.0, round(ends[len(ends) // 10] - 0.12, 2))
    high = max(row[names.VAL_ACCURACY] for trial in shown for row in trial.history)
    dots = (
        ", those with a single epoch are dots"
        if any(len(trial.history) == 1 for trial in shown)
        else ""
    )
    shape = "thick line" if len(chosen.history) > 1 else "red dot"
    cut = f" The axis starts at {percent(low, 0)}." if low else ""
    return Figure(
        name="learning_curves",
        caption=(
            f"Validation accuracy of all trials per epoch (pruned trials are dotted{dots}). The "
            f"{shape} is trial {chosen.number}.{cut}"
        ),
        panels=[
            Panel(
                marks=[line(trial) for trial in shown],
                x_label="epoch",
                x_integer=True,
                y_label="validation accuracy",
                y_percent=True,
                y_range=(low, min(1.0, high + 0.02)),
            )
        ],
        height=2.6,
    )


def budgets(compared: Sequence[Budget], *, equal: bool) -> Figure:
    """Validation accuracy and loss per epoch of the trial that represents each epoch budget."""

    def origin(budget: Budget, form: str) -> str:
        return "" if budget.trained else form.format(budget.trial.number)

    def line(budget: Budget, index: int, column: str) -> Line:
        history = budget.trial.history
        return Line(
            x=[row[names.EPOCH] for row in history],
            y=[row[column] for row in history],
            name=counted(budget.epochs, "epoch") + origin(budget, " (trial {})"),
            color=CYCLE[index % len(CYCLE)],
            dash=DASHES[index % len(DASHES)],
            marker=MARKERS[index % len(MARKERS)],
            hover=[
                f"{budget.epochs} epochs{origin(budget, ', trial {}')}"
                f"\nepoch {row[names.EPOCH]:g}\n{row[column]:.4f}"
                for row in history
            ],
        )

    selection = (
        "the runs differ only in their epochs"
        if equal
        else "the best trial of each budget; other settings may differ"
    )
    return Figure(
        name="budgets",
        caption=f"Comparison of epoch budgets on validation images: {selection}.",
        panels=[
            Panel(
                title="validation loss",
                marks=[
                    line(budget, index, names.VAL_LOSS) for index, budget in enumerate(compared)
                ],
                x_label="epoch",
                x_integer=True,
                y_label="cross-entropy (nats)",
                legend=False,
            ),
            Panel(
                title="validation accuracy",
                marks=[
                    line(budget, index, names.VAL_ACCURACY)
                    for index, budget in enumerate(compared)
                ],
                x_label="epoch",
                x_integer=True,
                y_label="accuracy",
                y_percent=True,
            ),
        ],
        columns=2,
        height=2.6,
    )
