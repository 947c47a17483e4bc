"""Pictures of the hardest class: its confusions, where it lies, its mistakes."""

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
from analysis.measure.hardest_class import Exchange, Hardest
from analysis.read.predictions import Array, Evaluation
from analysis.wording import percent


def confusions(hardest: Hardest) -> Figure:
    name = hardest.metrics.name

    def bars(exchanges: Sequence[Exchange], title: str) -> Panel:
        shown = exchanges[:6]
        return Panel(
            title=title,
            marks=[
                Bars(
                    labels=[e.name for e in shown],
                    values=[e.count for e in shown],
                    texts=[f"{e.count:,} ({percent(e.share)})" for e in shown],
                    hover=[
                        f"{e.name}<br>{e.count:,} images<br>{percent(e.share)} of the true class"
                        for e in shown
                    ],
                )
            ],
            x_label="test images",
            x_whole=True,
        )

    panels = []
    if hardest.taken_by:
        panels.append(bars(hardest.taken_by, f"true {name}, taken for"))
    if hardest.given_by:
        panels.append(bars(hardest.given_by, f"taken for {name}, truly"))
    return Figure(
        name="hardest_confusions",
        caption=(
            f"Where images of {name} go, and whose images are taken for it; in brackets the share "
            "of all images of the true class."
        ),
        panels=panels,
        columns=2,
        height=2.3,
    )


def embeddings(evaluation: Evaluation, hardest: Hardest, found: Sequence[Embedding]) -> Figure:
    """The class, its most frequent confusion and the rest, in two dimensions."""
    panels = []
    for embedding in found:
        targets = evaluation.targets[embedding.indices]
        groups: list[tuple[Array, str, str, Marker, float]] = []
        special = [hardest.index] + ([hardest.closest] if hardest.closest is not None else [])
        groups.append((~np.isin(targets, special), "other classes", LIGHT, "circle", 2.6))
        if hardest.closest is not None:
            closest = evaluation.classes[hardest.closest]
            groups.append((targets == hardest.closest, closest, BLUE, "triangle", 4))
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
                    f"{hardest.metrics.name}, mistaken",
                    BLACK,
                    "cross",
                    4.6,
                )
            )
        kept = "" if embedding.explained is None else f" ({embedding.explained:.0%} of variance)"
        panels.append(
            Panel(
                title=embedding.method + kept,
                marks=marks,
                axes=False,
                legend=embedding is found[-1],
            )
        )
    count = len(found[0].indices)
    return Figure(
        name="embedding",
        caption=(
            f"Features before the head in two dimensions, for a stratified sample of {count:,} of "
            f"the {len(evaluation.targets):,} test images. Axes have no unit; near points are "
            "images that the network finds alike."
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
            f"image {index}<br>true {evaluation.classes[evaluation.targets[index]]}"
            f"<br>predicted {evaluation.classes[evaluation.predicted[index]]}"
            for index in indices
        ],
    )


def gallery(
    evaluation: Evaluation, images: Array, hardest: Hardest, wrong: list[int], right: list[int]
) -> Figure:
    """The most confident mistakes on the class above typical images that were right.

    Args:
        images: [N, C, H, W] uint8, the split's.
    """
    columns = max(len(wrong), len(right), 1)
    confidence = evaluation.confidence
    panels = []
    for indices, title in (
        (wrong, f"{hardest.metrics.name}: most confident mistakes, and what they were taken for"),
        (right, f"{hardest.metrics.name}: typical images that were recognised"),
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
    return Figure(
        name="gallery",
        caption=(
            f"Test images of {hardest.metrics.name}: above, the mistakes of which the network was "
            "most sure, with its answer and its probability; below, images of ordinary confidence "
            "that it got right."
        ),
        panels=panels,
        height=1.15 * len(panels),
    )


def picture(image: Array) -> Array:
    """[H, W] of a grey image, [H, W, 3] of a coloured one, from [C, H, W]."""
    return image[0] if len(image) == 1 else np.moveaxis(image[:3], 0, -1)
