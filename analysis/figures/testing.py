"""Figures of the test split: confusion matrix and F1."""

from __future__ import annotations

from analysis.figures.spec import Bars, Figure, Guide, Heat, Panel
from analysis.measure.metrics import MANY_CLASSES, Metrics
from analysis.read.predictions import Evaluation
from analysis.wording import percent


def confusion(evaluation: Evaluation, metrics: Metrics) -> Figure:
    classes = evaluation.classes
    shares, counts = metrics.shares, metrics.confusion
    hover = [
        [
            f"true {true}\npredicted {predicted}\n{counts[i, j]:,} images"
            f"\n{percent(shares[i, j])} of all {true}"
            for j, predicted in enumerate(classes)
        ]
        for i, true in enumerate(classes)
    ]
    many = len(classes) > MANY_CLASSES
    size = 8.6 if many else max(4.2, 0.5 * len(classes))
    cells = (
        ""
        if many
        else (
            " Each cell gives the number of images and, where there is room, their share of "
            "the row."
        )
    )
    return Figure(
        name="confusion_matrix",
        caption=(
            f"Confusion matrix of the test split ({metrics.size:,} images). Rows are true "
            f"classes, columns predictions.{cells} Darker cells are larger shares of the row. The "
            "diagonal holds the correct predictions."
        ),
        panels=[
            Panel(
                marks=[
                    Heat(
                        z=shares.tolist(),
                        texts=None
                        if many
                        else [
                            [_cell(int(counts[i, j]), shares[i, j]) for j in range(len(classes))]
                            for i in range(len(classes))
                        ],
                        x_labels=classes,
                        y_labels=classes,
                        hover=hover,
                    )
                ],
                x_label="predicted class",
                y_label="true class",
            )
        ],
        width=size + 0.9,
        height=size,
    )


def _cell(count: int, share: float) -> str:
    return f"{count:,}\n{percent(share)}" if count else "0"


def f1(metrics: Metrics) -> Figure:
    order = metrics.extremes[::-1]
    rows = [metrics.per_class[index] for index in order]
    lowest = frozenset(order.index(i) for i in metrics.lowest_classes if i in order)
    total = len(metrics.present)
    shown = (
        "each class"
        if len(order) == total
        else f"the {len(order)} lowest and highest of {total} classes"
    )
    return Figure(
        name="f1",
        caption=(
            f"F1 of {shown} on the test split, sorted. The lowest, "
            f"{metrics.per_class[metrics.lowest].f1:.3f}, is that of "
            f"{metrics.named(metrics.lowest_classes)} (hatched). The dashed line is the mean over "
            f"all classes, {metrics.macro_f1:.3f}."
        ),
        panels=[
            Panel(
                marks=[
                    Bars(
                        labels=[row.name for row in rows],
                        values=[row.f1 for row in rows],
                        texts=[f"{row.f1:.3f}" for row in rows],
                        marked=lowest,
                        hover=[
                            f"{row.name}\nF1 {row.f1:.4f}\nprecision {row.precision:.4f}"
                            f"\nrecall {row.recall:.4f}\n{row.support:,} images"
                            for row in rows
                        ],
                    )
                ],
                x_label="F1",
                guides=[Guide(metrics.macro_f1, f"mean {metrics.macro_f1:.3f}", vertical=True)],
                x_range=(0, 1.02),
            )
        ],
        height=max(2.4, 0.28 * len(rows) + 0.9),
    )
