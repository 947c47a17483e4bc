"""Figures of the test probabilities: calibration, and ROC and precision-recall per class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from analysis.figures.spec import BLACK, BLUE, GREY, LIGHT, VERMILLION, Bars, Figure, Line, Panel
from analysis.figures.thinning import thinned
from analysis.measure.metrics import Calibration, Metrics
from analysis.read.predictions import Array, Evaluation
from analysis.wording import class_name, counted, listed


def reliability(calibration: Calibration) -> Figure:
    return Figure(
        name="reliability",
        caption=(
            "Reliability diagram: accuracy per range of confidence. On the dashed line the "
            "network is calibrated; below it, it is overconfident. The expected calibration "
            "error, the mean distance from the line weighted by images, is "
            f"{calibration.error:.3f}."
        ),
        panels=[
            Panel(
                marks=[
                    Line(x=[0, 1], y=[0, 1], name="calibrated", color=GREY, dash="dash"),
                    Line(
                        x=calibration.confidence.tolist(),
                        y=calibration.accuracy.tolist(),
                        name="test images",
                        color=BLUE,
                        marker="circle",
                        hover=[
                            f"confidence {confidence:.3f}\naccuracy {accuracy:.3f}"
                            f"\n{count:,} images"
                            for confidence, accuracy, count in zip(
                                calibration.confidence,
                                calibration.accuracy,
                                calibration.counts,
                                strict=True,
                            )
                        ],
                    ),
                ],
                x_label="confidence",
                y_label="accuracy",
                x_range=(0, 1.02),
                y_range=(0, 1.02),
            ),
            Panel(
                marks=[
                    Bars(
                        labels=[f"up to {bound:.2f}" for bound in calibration.upper_bounds][::-1],
                        values=calibration.counts.tolist()[::-1],
                        texts=[f"{count:,}" for count in calibration.counts][::-1],
                        color=LIGHT,
                    )
                ],
                x_label="images",
                x_integer=True,
            ),
        ],
        columns=2,
        height=2.9,
    )


def ranking(evaluation: Evaluation, metrics: Metrics) -> Figure:
    """ROC and precision-recall of each class against the rest; the extremes are emphasised."""
    rows = metrics.per_class
    present = sorted(
        metrics.present,
        key=lambda i: (rows[i].f1, i == metrics.highest),  # of ties, the class that the text names
    )
    # A single class has no other classes to be ranked against.
    present = present if len(present) > 1 else []
    return Figure(
        name="roc_pr",
        caption=(
            "Each class against the rest: receiver operating characteristic (left, up to a false "
            "positive rate of 0.2) and precision against recall (right)."
            f"{_legend(metrics, present)}"
        ),
        panels=[
            _ranked(
                evaluation,
                present,
                lambda t, p: (*roc_curve(t, p)[:2], roc_auc_score(t, p), "area"),
                labels=("false positive rate", "true positive rate"),
                x_range=(-0.004, 0.2),
            ),
            _ranked(
                evaluation,
                present,
                lambda t, p: (
                    *precision_recall_curve(t, p, drop_intermediate=True)[1::-1],
                    average_precision_score(t, p),
                    "average precision",
                ),
                labels=("recall", "precision"),
                x_range=(0, 1.01),
            ),
        ],
        columns=2,
        height=2.9,
    )


def _legend(metrics: Metrics, present: Sequence[int]) -> str:
    rows = metrics.per_class
    absent = metrics.absent
    if not present:
        return " Nothing is drawn: all test images belong to one class only."
    text = (
        f" The curve of {class_name(rows[present[0]].name)} (lowest F1) is solid and thick, that "
        f"of {class_name(rows[present[-1]].name)} (highest F1) dashed"
        f"{', the others are grey' if len(present) > 2 else ''}. The legends give "
        "the area under the curve and the average precision."
    )
    if absent:
        named = listed(absent) if len(absent) <= 3 else counted(len(absent), "class", "classes")
        text += f" Without test images, {named} cannot be drawn."
    return text


def _ranked(
    evaluation: Evaluation,
    present: Sequence[int],
    curve: Callable[[Array, Array], tuple[Any, ...]],
    *,
    labels: tuple[str, str],
    x_range: tuple[float, float],
) -> Panel:
    lines = []
    # By ascending F1; the two extremes come last, on top of the others.
    for index in (*present[1:-1], *present[-1:], *present[:1]):
        x, y, area, word = curve(evaluation.targets == index, evaluation.probabilities[:, index])
        thin = thinned(x, y, width=x_range[1] - x_range[0])
        name = evaluation.classes[index]
        lowest, highest = index == present[0], index == present[-1]
        marked = lowest or highest
        lines.append(
            Line(
                x=x[thin].tolist(),
                y=y[thin].tolist(),
                name=f"{name} ({area:.3f})" if marked else "",
                color=VERMILLION if lowest else BLACK if marked else LIGHT,
                width=2.2 if marked else 1,
                dash="dash" if highest else "solid",
                hover=[
                    f"{name}\n{word} {area:.4f}\n{a:.3f}, {b:.3f}"
                    for a, b in zip(x[thin], y[thin], strict=True)
                ],
            )
        )
    return Panel(
        marks=lines,
        x_label=labels[0],
        y_label=labels[1],
        x_range=x_range,
        y_range=(0.0, 1.02),
    )
