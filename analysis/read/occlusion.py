"""Occlusion maps: cover parts of an image and measure the probability of the true class.

Source: Zeiler and Fergus 2014, arXiv:1311.2901, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from analysis.read.predictions import Array
from tailor.data.batches import Normalise
from tailor.training.evaluate import predict

PATCHES = 4
"""A patch covers a quarter of the height and of the width. Patches overlap by about half, so a map
takes one batch of 49 to 100 images."""


@dataclass(frozen=True)
class Occlusion:
    """The effect of covering parts of one image.

    Attributes:
        index: of the image in its split.
        whole: probability of the true class for the whole image.
        best: highest probability of the true class with one patch covered.
        recognised: whether the network predicts the true class with some patch covered.
        centre: (row, column) of the patch with the highest probability, in [0, 1].
        change: [H, W] change of the probability, averaged over the patches that cover a pixel.
    """

    index: int
    whole: float
    best: float
    recognised: bool
    centre: tuple[float, float]
    change: Array


def occlusions(
    model: nn.Module,
    normalise: Normalise,
    device: torch.device,
    images: Tensor,
    targets: Tensor,
    indices: Sequence[int],
) -> tuple[Occlusion, ...]:
    """Cover selected images patch by patch.

    Args:
        images: [N, C, H, W] uint8, of a split.
        targets: [N] class indices.
        indices: of the images to cover.
    """
    return tuple(
        _occlusion(model, normalise, device, images[index], int(targets[index]), index)
        for index in indices
    )


def _occlusion(
    model: nn.Module,
    normalise: Normalise,
    device: torch.device,
    image: Tensor,
    target: int,
    index: int,
) -> Occlusion:
    height, width = image.shape[-2:]
    masks = patches(height, width)  # [P, H, W]
    # The image's own mean: black would look like background, or like a hole in the object.
    colour = image.float().mean(dim=(1, 2), keepdim=True)
    covered = torch.where(masks[:, None], colour, image.float())
    batch = torch.cat([image[None].float(), covered]).round().byte()
    probabilities = predict(model, batch.to(device), normalise).cpu().double().softmax(1).numpy()
    whole, patched = probabilities[0, target], probabilities[1:, target]
    top = int(patched.argmax())
    rows, columns = np.nonzero(masks[top].numpy())
    weights = masks.double().numpy()
    change = np.tensordot(patched - whole, weights, axes=1) / weights.sum(axis=0)
    return Occlusion(
        index=index,
        whole=float(whole),
        best=float(patched[top]),
        recognised=bool((probabilities[1:].argmax(axis=1) == target).any()),
        centre=((rows.mean() + 0.5) / height, (columns.mean() + 0.5) / width),
        change=change,
    )


def patches(height: int, width: int) -> Tensor:
    """Masks [P, H, W] of overlapping patches; together they cover every pixel."""
    rows, columns = _intervals(height), _intervals(width)
    return (rows[:, None, :, None] & columns[None, :, None, :]).flatten(0, 1)


def _intervals(length: int) -> Tensor:
    """Masks [M, length] of intervals of a quarter of the length, about half an interval apart."""
    size = max(1, -(-length // PATCHES))
    step = max(1, size // 2)
    starts = torch.tensor(sorted({*range(0, length - size, step), length - size}))
    positions = torch.arange(length)
    return (positions >= starts[:, None]) & (positions < starts[:, None] + size)
