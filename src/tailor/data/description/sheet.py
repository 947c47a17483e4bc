"""A sheet of samples: some images of each class, with its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hydra_tailor.files import whole
from tailor.data.balance import class_counts
from tailor.data.images import LabelledImages

GAP = 2  # pixels between two images
PAPER = 255
LONGEST_NAME = 22  # characters
CELL = 0.42  # inches of a sample's side on paper
LAYOUTS = ((12, 1, 12), (40, 2, 8))  # up to so many classes: columns, samples a class
LARGEST_LAYOUT = (4, 5)


def draw_samples(images: LabelledImages, path: Path, *, seed: int = 0) -> None:
    """Write a PNG with a row of images for each class.

    Args:
        images: any split.
        path: of the PNG.
        seed: of the draw of the samples.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    classes = len(images.classes)
    columns, samples = next(
        ((columns, samples) for most, columns, samples in LAYOUTS if classes <= most),
        LARGEST_LAYOUT,
    )
    samples = min(samples, int(class_counts(images.targets, classes).max()))
    rows = -(-classes // columns)
    _, height, width = images.shape
    side = CELL / max(height, width)
    names = 1.7  # inches
    size = (columns * (samples * (width + GAP) * side + names), rows * (height + GAP) * side + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    generator = torch.Generator().manual_seed(seed)
    strips = [_strip(images, index, samples, generator) for index in range(classes)]
    for column, axes in enumerate(figure.subplots(1, columns, squeeze=False)[0]):
        chosen = range(column * rows, min((column + 1) * rows, classes))
        if not chosen:
            axes.set_axis_off()
            continue
        sheet = np.full((rows * (height + GAP), *strips[0].shape[1:]), PAPER, np.uint8)
        for row, index in enumerate(chosen):
            sheet[row * (height + GAP) : (row + 1) * (height + GAP)] = strips[index]
        axes.imshow(sheet, interpolation="nearest", vmin=0, vmax=255, cmap="gray")
        axes.set_xticks([])
        axes.set_yticks(
            [row * (height + GAP) + height / 2 for row in range(len(chosen))],
            [_short(images.classes[index]) for index in chosen],
            fontsize=9,
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight", pad_inches=0.1)


def _strip(
    images: LabelledImages, target: int, samples: int, generator: torch.Generator
) -> NDArray[np.uint8]:
    """Return [H + GAP, samples * (W + GAP), 3]; a class of few images leaves paper."""
    channels, height, width = images.shape
    strip = np.full((height + GAP, samples * (width + GAP), 3), PAPER, np.uint8)
    found = (images.targets == target).nonzero().flatten()
    drawn = found[torch.randperm(len(found), generator=generator)[:samples]]
    for place, index in enumerate(drawn.tolist()):
        pixels = images.images[index].expand(3, height, width).permute(1, 2, 0)  # H, W, RGB
        left = place * (width + GAP)
        strip[:height, left : left + width] = pixels.numpy()
    return strip


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
