"""A contact sheet: sample images of each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hydra_tailor.files import whole
from tailor.data.balance import class_counts
from tailor.data.images import LabelledImages

GAP_PIXELS = 2
BACKGROUND = 255
MAX_NAME_CHARACTERS = 22
SAMPLE_INCHES, NAME_INCHES, MARGIN_INCHES = 0.42, 1.7, 0.3
LAYOUTS = ((12, 1, 12), (40, 2, 8))
"""Largest number of classes, columns, samples per class."""
LARGEST_LAYOUT = (4, 5)
"""Columns and samples per class, for more classes."""


def draw_samples(images: LabelledImages, path: Path, *, seed: int = 0) -> None:
    """Write a PNG with a row of images for each class.

    Args:
        images: any split.
        path: of the PNG.
        seed: of the random choice of samples.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    classes = len(images.classes)
    columns, samples = next(
        (
            (columns, samples)
            for max_classes, columns, samples in LAYOUTS
            if classes <= max_classes
        ),
        LARGEST_LAYOUT,
    )
    samples = min(samples, int(class_counts(images.targets, classes).max()))
    rows = -(-classes // columns)
    _, height, width = images.shape
    inches_per_pixel = SAMPLE_INCHES / max(height, width)
    size = (
        columns * (samples * (width + GAP_PIXELS) * inches_per_pixel + NAME_INCHES),
        rows * (height + GAP_PIXELS) * inches_per_pixel + MARGIN_INCHES,
    )
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    generator = torch.Generator().manual_seed(seed)
    strips = [_strip(images, index, samples, generator) for index in range(classes)]
    for column, axes in enumerate(figure.subplots(1, columns, squeeze=False)[0]):
        chosen = range(column * rows, min((column + 1) * rows, classes))
        if not chosen:
            axes.set_axis_off()
            continue
        sheet = np.full((rows * (height + GAP_PIXELS), *strips[0].shape[1:]), BACKGROUND, np.uint8)
        for row, index in enumerate(chosen):
            top = row * (height + GAP_PIXELS)
            sheet[top : top + height + GAP_PIXELS] = strips[index]
        axes.imshow(sheet, interpolation="nearest", vmin=0, vmax=255, cmap="gray")
        axes.set_xticks([])
        axes.set_yticks(
            [row * (height + GAP_PIXELS) + height / 2 for row in range(len(chosen))],
            [_shortened(images.classes[index]) for index in chosen],
            fontsize=9,
            parse_math=False,  # a class may be called $
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    with whole(path) as temporary:
        figure.savefig(temporary, dpi=150, bbox_inches="tight", pad_inches=0.1)


def _strip(
    images: LabelledImages, target: int, samples: int, generator: torch.Generator
) -> NDArray[np.uint8]:
    """Return [H + gap, samples * (W + gap), 3]; missing samples stay blank."""
    channels, height, width = images.shape
    strip = np.full((height + GAP_PIXELS, samples * (width + GAP_PIXELS), 3), BACKGROUND, np.uint8)
    indices = (images.targets == target).nonzero().flatten()
    drawn = indices[torch.randperm(len(indices), generator=generator)[:samples]]
    for column, index in enumerate(drawn.tolist()):
        pixels = images.images[index].expand(3, height, width).permute(1, 2, 0)  # H, W, RGB
        left = column * (width + GAP_PIXELS)
        strip[:height, left : left + width] = pixels.numpy()
    return strip


def _shortened(name: str) -> str:
    return name if len(name) <= MAX_NAME_CHARACTERS else f"{name[: MAX_NAME_CHARACTERS - 1]}…"
