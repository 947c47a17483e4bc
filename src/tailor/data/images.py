"""The common format of all datasets."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tailor.errors import DataError


@dataclass(frozen=True)
class LabelledImages:
    """Images with their class indices.

    Attributes:
        images: [N, C, H, W] uint8.
        targets: [N] int64, each in [0, K).
        classes: K different names, in the order of the indices.
        notes: warnings for the user, such as one about skipped files.
        details: sentences on how the data were read, such as the column of the labels.
        source_bits: white was 2 ** bits - 1 in image files of more than 8 bits; None without any.
    """

    images: Tensor
    targets: Tensor
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    source_bits: int | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4:
            raise DataError(
                "images must be uint8 in the order [N, C, H, W], got "
                f"{self.images.dtype} with shape {list(self.images.shape)}."
            )
        if self.targets.dtype != torch.int64 or self.targets.ndim != 1:
            raise DataError(
                "targets must be int64 in one dimension, got "
                f"{self.targets.dtype} with shape {list(self.targets.shape)}."
            )
        if len(self.images) != len(self.targets):
            raise DataError(
                f"each image needs one label, got {len(self.images)} images and "
                f"{len(self.targets)} labels."
            )
        if len(self.targets) == 0:
            raise DataError("a dataset needs at least one image, got none.")
        if 0 in self.images.shape:
            raise DataError(
                f"images need at least one pixel, got shape {list(self.images.shape)}."
            )
        if len(set(self.classes)) < len(self.classes):
            repeated = sorted({name for name in self.classes if self.classes.count(name) > 1})
            raise DataError(f"classes must have different names, got {', '.join(repeated)} twice.")
        low, high = int(self.targets.min()), int(self.targets.max())
        if low < 0 or high >= len(self.classes):
            raise DataError(
                f"labels must lie in 0 to {len(self.classes) - 1} (there are {len(self.classes)} "
                f"classes), got labels from {low} to {high}."
            )

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def checksum(self) -> str:
        """Return eight hexadecimal digits of the pixels, the labels and the classes."""
        checksum = zlib.crc32(repr((tuple(self.images.shape), self.classes)).encode())
        for tensor in (self.images, self.targets):
            checksum = zlib.crc32(tensor.cpu().contiguous().numpy().data, checksum)
        return f"{checksum:08x}"

    def take(self, indices: Tensor) -> LabelledImages:
        """Return the images at `indices`, in that order, as a copy."""
        return replace(self, images=self.images[indices], targets=self.targets[indices])
