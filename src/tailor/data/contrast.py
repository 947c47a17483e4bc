"""Images without contrast: those of one colour, from which nothing can be learned."""

from __future__ import annotations

import torch
from torch import Tensor

from tailor.data.images import LabelledImages

UNIFORM_SHARE = 0.02
"""An image is uniform if each channel stays within this share of the range of all images."""
MIN_REPORTED_SHARE = 0.1


def uniform_images(images: Tensor) -> Tensor:
    """Return [N] bool: whether an image has one colour.

    Args:
        images: [N, C, H, W] uint8.
    """
    lows, highs = images.flatten(2).aminmax(dim=2)  # [N, C]
    spread = (highs - lows).amax(dim=1)
    return spread <= UNIFORM_SHARE * (int(highs.max()) - int(lows.min()))


def uniform_note(images: LabelledImages) -> str | None:
    """Return a sentence if many images are uniform, or None."""
    uniform = uniform_images(images.images)
    count, share = int(uniform.sum()), float(uniform.float().mean())
    if share < MIN_REPORTED_SHARE:
        return None
    targets = torch.bincount(images.targets[uniform], minlength=len(images.classes))
    return (
        f"{count:,} of {len(images):,} training images ({share:.0%}) have one colour only, most "
        f"of them in the class {images.classes[int(targets.argmax())]!r}. Look at samples.png of "
        "`python -m tailor.data describe`; black shapes on transparency need "
        "data.source.background=white (image_folder)."
    )
