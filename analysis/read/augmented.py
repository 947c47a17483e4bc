"""Copies of a training image, augmented as in a run."""

from __future__ import annotations

import torch

from analysis.read.predictions import Array
from tailor.addresses import build
from tailor.augment import apply_all
from tailor.config import RunConfig
from tailor.data import LabelledImages

BATCH = 32
"""Images that are augmented together, for steps that mix an image with others."""


def augmented_copies(
    config: RunConfig, train: LabelledImages, *, copies: int, seed: int = 0
) -> Array | None:
    """The first training image, followed by copies augmented as in the run.

    Args:
        copies: number of independent draws.
        seed: of the draws.

    Returns:
        [1 + copies, C, H, W] uint8; None without augmentation.
    """
    steps = [
        build("augment", step, key=f"augment.{name}") for name, step in config.augmentation.items()
    ]
    if not steps:
        return None
    batch = train.take(torch.arange(min(BATCH, len(train))))
    generator = torch.Generator().manual_seed(seed)
    draws = [
        apply_all(steps, batch.images, batch.targets, generator, num_classes=len(train.classes))
        for _ in range(copies)
    ]
    shown = torch.stack([batch.images[0].float(), *(images[0].float() for images, _ in draws)])
    return shown.round().clamp(0, 255).byte().numpy()
