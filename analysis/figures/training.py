"""Pictures of training: loss and accuracy by epoch, of the chosen trial and of all."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.figures.spec import BLUE, VERMILLION, Figure, Guide, Line, Panel
from tailor import names
from tailor.training.result import Row


def curves(history: Sequence[Row], best_epoch: int) -> Figure:
    """Loss and accuracy at each epoch; `best_epoch` is the one whose weights were kept."""
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
            f"after the epoch). The weights of epoch {best_epoch} were kept."
        ),
        panels=[
            Panel(
                title="loss",
                marks=[
                    line(names.TRAIN_LOSS, "training", seen=True),
                    line(names.VAL_LOSS, "validation", seen=False),
                ],
                x_label="epoch",
                y_label="cross-entropy (nats)",
                guides=guides,
            ),
            Panel(
                title="accuracy",
                marks=[
                    line(names.TRAIN_ACCURACY, "training", seen=True),
                    line(names.VAL_ACCURACY, "validation", seen=False),
                ],
                x_label="epoch",
                y_label="accuracy",
                y_percent=True,
                guides=guides,
                legend=False,
            ),
        ],
        columns=2,
        height=2.7,
    )
