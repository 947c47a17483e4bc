"""Images of each class."""

from __future__ import annotations

import numpy as np

from analysis.figures.hardest import picture
from analysis.figures.spec import Figure, Panel, Pictures
from analysis.read.predictions import Array, Evaluation

MAX_CLASSES = 10
ROWS = 2


def samples(evaluation: Evaluation, images: Array) -> Figure:
    """The first test images of each class, of many classes the first ten.

    Args:
        images: [N, C, H, W] uint8, of the split.
    """
    shown = np.unique(evaluation.targets)[:MAX_CLASSES]
    members = [np.flatnonzero(evaluation.targets == index) for index in shown]
    rows = min([ROWS, *map(len, members)])
    indices = [int(member[row]) for row in range(rows) for member in members]
    which = "each class" if len(shown) == len(evaluation.classes) else f"{len(shown)} classes"
    return Figure(
        name="samples",
        caption=f"The first test images of {which}.",
        panels=[
            Panel(
                marks=[
                    Pictures(
                        images=[picture(images[index]) for index in indices],
                        texts=[
                            evaluation.classes[index] if row == rows - 1 else ""
                            for row in range(rows)
                            for index in shown
                        ],
                        columns=len(shown),
                    )
                ]
            )
        ],
        height=0.85 * rows,
    )
