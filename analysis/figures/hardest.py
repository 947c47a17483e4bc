"""Figures of the hardest class: its confusions, its features, its mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.figures.spec import (
    BLACK,
    BLUE,
    LIGHT,
    VERMILLION,
    Bars,
    Figure,
    Marker,
    Panel,
    Pictures,
    Points,
)
from analysis.measure.feature_space import Embedding
from analysis.measure.hardest_class import Confusion, HardestClass
from analysis.read.predictions import Array, Evaluation
from analysis.wording import class_name, percent


def confusions(hardest: HardestClass) -> Figure:
    name = hardest.metrics.name

    def bars(confusions: Sequence[Confusion], title: str) -> Panel:
        shown = confusions[:6]
        return Panel(
            title=title,
            marks=[
                Bars(
                    labels=[e.name for e in shown],
                    values=[e.count for e in shown],
                    texts=[f"{e.count:,} ({percent(e.share)})" for e in shown],
                    hover=[
                        f"{e.name}\n{e.count:,} images\n{percent(e.share)} of the true class"
                        for e in shown
                    ],
                )
            ],
            x_label="test images",
            x_integer=True,
        )

    panels = []
    if hardest.predicted_as:
        panels.append(bars(hardest.predicted_as, f"{class_name(name)}, predicted as"))
    if hardest.predicted_from:
        panels.append(bars(hardest.predicted_from, f"predicted as {class_name(name)}, true class"))
    return Figure(
        name="hardest_confusions",
        caption=(
            f"False negatives of {class_name(name)} by predicted class, and false positives by "
            "true class. The share in brackets refers to all images of the true class."
        ),
        panels=panels,
        columns=2,
        height=2.3,
    )


def embeddings(
    evaluation: Evaluation, hardest: HardestClass, drawn: Sequence[Embedding]
) -> Figure:
    """The class, the class it is most confused with and the rest, in two dimensions."""
    panels = []
    for embedding in drawn:
        targets = evaluation.targets[embedding.indices]
        groups: list[tuple[Array, str, str, Marker, float]] = []
        special = [hardest.index] + (
            [hardest.most_confused] if hardest.most_confused is not None else []
        )
        groups.append((~np.isin(targets, special), "other classes", LIGHT, "circle", 2.6))
        if hardest.most_confused is not None:
            partner = evaluation.classes[hardest.most_confused]
            groups.append((targets == hardest.most_confused, partner, BLUE, "triangle", 4))
        groups.append((targets == hardest.index, hardest.metrics.name, VERMILLION, "circle", 3.6))
        marks = [
            _cloud(evaluation, embedding, members, name, color, marker, size)
            for members, name, color, marker, size in groups
            if members.any()
        ]
        wrong = (targets == hardest.index) & ~evaluation.correct[embedding.indices]
        if wrong.any():
            marks.append(
                _cloud(
                    evaluation,
                    embedding,
                    wrong,
                    f"{hardest.metrics.name}, misclassified",
                    BLACK,
                    "cross",
                    4.6,
                )
            )
        explained = (
            ""
            if embedding.explained is None
            else f" ({percent(embedding.explained, 0)} of variance)"
        )
        panels.append(
            Panel(
                title=embedding.method + explained,
                marks=marks,
                axes=False,
                legend=embedding is drawn[-1],
            )
        )
    count, total = len(drawn[0].indices), len(evaluation.targets)
    sample = (
        f"all {total:,} test images"
        if count == total
        else f"a stratified sample of {count:,} of the {total:,} test images"
    )
    return Figure(
        name="embedding",
        caption=(
            f"Inputs of the last layer in two dimensions, for {sample}. The axes have no unit; "
            "nearby points are images with similar features."
        ),
        panels=panels,
        columns=2,
        height=3.3,
    )


def _cloud(
    evaluation: Evaluation,
    embedding: Embedding,
    members: Array,
    name: str,
    color: str,
    marker: Marker,
    size: float,
) -> Points:
    indices = embedding.indices[members]
    return Points(
        x=embedding.points[members, 0].round(3).tolist(),
        y=embedding.points[members, 1].round(3).tolist(),
        name=name,
        color=color,
        marker=marker,
        size=size,
        opacity=0.85,
        hover=[
            f"image {index}\ntrue {evaluation.classes[evaluation.targets[index]]}"
            f"\npredicted {evaluation.classes[evaluation.predicted[index]]}"
            for index in indices
        ],
    )


def gallery(
    evaluation: Evaluation,
    images: Array,
    hardest: HardestClass,
    wrong: list[int],
    right: list[int],
) -> Figure:
    """The most confident mistakes on the class, above typical correct predictions.

    Args:
        images: [N, C, H, W] uint8, of the split.
    """
    columns = max(len(wrong), len(right), 1)
    confidence = evaluation.confidence
    panels = []
    for indices, title in (
        (wrong, f"{hardest.metrics.name}: most confident mistakes, with the predicted class"),
        (right, f"{hardest.metrics.name}: typical correct predictions"),
    ):
        if indices:
            panels.append(
                Panel(
                    title=title,
                    marks=[
                        Pictures(
                            images=[picture(images[index]) for index in indices],
                            texts=[
                                f"{evaluation.classes[evaluation.predicted[index]]}"
                                f" {confidence[index]:.2f}"
                                for index in indices
                            ],
                            columns=columns,
                        )
                    ],
                )
            )
    mistakes = "the most confident mistakes, with the predicted class and its probability"
    typical = "correct predictions of typical confidence"
    rows = [row for row, indices in ((mistakes, wrong), (typical, right)) if indices]
    return Figure(
        name="gallery",
        caption=f"Test images of {class_name(hardest.metrics.name)}: {', above '.join(rows)}.",
        panels=panels,
        height=1.15 * len(panels),
    )


def picture(image: Array) -> Array:
    """Convert [C, H, W] to [H, W] (grey, the mean of two channels) or [H, W, 3] (colour)."""
    if len(image) < 3:
        grey: Array = image.mean(axis=0).astype(image.dtype)
        return grey
    return np.moveaxis(image[:3], 0, -1)
