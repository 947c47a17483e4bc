"""Figures that show images: samples of each class, augmented, averaged and occluded ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from analysis.figures.hardest import picture
from analysis.figures.spec import BLUE, VERMILLION, Figure, Panel, Pictures
from analysis.measure.hardest_class import HardestClass
from analysis.read.occlusion import Occlusion
from analysis.read.predictions import Array, Evaluation
from analysis.wording import class_name

MAX_CLASSES = 10
ROWS = 2
MAX_PARTNERS = 5
"""Classes whose mean images are shown beside that of the hardest class."""


def samples(evaluation: Evaluation, images: Array) -> Figure:
    """The first test images of each class, or of the first ten classes if there are more.

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


def augmentation(images: Array) -> Figure:
    """A training image beside augmented copies of it.

    Args:
        images: [1 + copies, C, H, W] uint8, the original first.
    """
    return Figure(
        name="augmentation",
        caption=(
            "A training image (left) and copies of it as augmentation changes them; each epoch "
            "draws anew."
        ),
        panels=[
            Panel(
                marks=[
                    Pictures(
                        images=[picture(image) for image in images],
                        texts=["original", *[""] * (len(images) - 1)],
                        columns=len(images),
                    )
                ]
            )
        ],
        height=0.98,
    )


def means(hardest: HardestClass, images: Array) -> Figure:
    """The mean images of the hardest class and of the classes it is confused with.

    Args:
        images: [K, C, H, W] on the scale 0 to 255, of all classes.
    """
    mutual = Counter[int]()
    for confusion in (*hardest.predicted_as, *hardest.predicted_from):
        if confusion.index in hardest.present:
            mutual[confusion.index] += confusion.count
    partners = [index for index, _ in mutual.most_common(MAX_PARTNERS)]
    similarity = {entry.index: entry for entry in hardest.similar_classes}
    return Figure(
        name="mean_images",
        caption=(
            f"Mean test image of {class_name(hardest.metrics.name)} (left) and of the classes "
            "that it is confused with most, with the correlation of their pixels to it."
        ),
        panels=[
            Panel(
                marks=[
                    Pictures(
                        images=[
                            picture(images[index].round().astype(np.uint8))
                            for index in (hardest.index, *partners)
                        ],
                        texts=[
                            hardest.metrics.name,
                            *(
                                f"{similarity[index].name} {similarity[index].value:.2f}"
                                for index in partners
                            ),
                        ],
                        columns=1 + MAX_PARTNERS,
                    )
                ]
            )
        ],
        height=1.35,
    )


def occlusion(hardest: HardestClass, occlusions: Sequence[Occlusion], images: Array) -> Figure:
    """Mistakes on the hardest class, coloured by the effect of covering each part.

    Args:
        images: [N, C, H, W] uint8, of the split.
    """
    name = hardest.metrics.name
    return Figure(
        name="occlusion",
        caption=(
            f"The mistakes of the upper row of the gallery, covered patch by patch. Orange: "
            f"covering this part raises the probability of {class_name(name)}, the true class. "
            "Blue: covering it lowers the probability. Each image has its own scale. Below it: "
            f"the probability of {class_name(name)} for the whole image, and the highest one with "
            "one patch covered."
        ),
        panels=[
            Panel(
                marks=[
                    Pictures(
                        images=[
                            _tinted(images[entry.index], entry.change) for entry in occlusions
                        ],
                        texts=[f"{entry.whole:.2f} to {entry.best:.2f}" for entry in occlusions],
                        columns=len(occlusions),
                    )
                ]
            )
        ],
        height=0.98,
    )


def _tinted(image: Array, change: Array) -> Array:
    """[H, W, 3] uint8: the image in grey, tinted by the sign and size of `change` [H, W]."""
    grey = 0.55 * image.mean(axis=0)[..., None] + 0.45 * 255 * np.ones(3)
    strength = np.abs(change) / (np.abs(change).max() or 1.0)
    colour = np.where(change[..., None] > 0, _rgb(VERMILLION), _rgb(BLUE))
    share = 0.75 * strength[..., None]
    return np.asarray((1 - share) * grey + share * colour).round().astype(np.uint8)


def _rgb(color: str) -> Array:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
