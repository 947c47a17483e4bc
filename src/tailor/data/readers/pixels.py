"""Converting numbers to the pixels of `LabelledImages`."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tailor.errors import DataError

CHANNELS = (1, 3)  # grey, colour
MIN_PIXELS = 4
"""Fewer numbers are more likely a table, such as image numbers and labels, than an image."""


def pixel_problem(values: NDArray[Any], *, scale: float) -> tuple[int, str] | None:
    """Return the first image that `to_pixels` cannot convert, and why; None if there is none.

    Args:
        values: [N, ...] numbers of any dtype.
        scale: factor that brings them to the range 0 to 255.
    """
    if values.dtype == np.uint8 and scale == 1:
        return None
    if values.dtype.kind not in "buif":
        return 0, f"pixels must be numbers, got {values.dtype}"
    flat = values.reshape(len(values), -1).astype(np.float64, copy=False) * scale
    for invalid, rule in (
        (~np.isfinite(flat), "must be finite"),
        ((flat < 0) | (flat > 255), "must lie in 0 to 255"),
        (np.rint(flat) != flat if scale == 1 else np.zeros(0, bool), "must be whole"),
    ):
        if invalid.any():
            image, pixel = (int(axis[0]) for axis in np.nonzero(invalid))
            got = values.reshape(len(values), -1)[image, pixel]
            advice = "" if scale != 1 or not 0 < got < 1 else " (data.source.scale=255?)"
            return image, f"pixels {rule}, got {got:g} as pixel {pixel}{advice}"
    return None


def to_pixels(values: NDArray[Any], *, scale: float) -> NDArray[np.uint8]:
    """Scale and round to uint8 values without a `pixel_problem`."""
    if values.dtype == np.uint8 and scale == 1:
        return values
    pixels: NDArray[np.uint8] = np.rint(values.astype(np.float64, copy=False) * scale).astype(
        np.uint8
    )
    return pixels


def image_shape(size: int, shape: Sequence[int] | None) -> tuple[int, int, int]:
    """Return channels, height and width of an image of `size` numbers.

    Args:
        size: numbers per image.
        shape: [H, W] or [C, H, W]; None infers a square, grey if possible.

    Raises:
        DataError: the size does not fit the shape, is not that of a square, or is less than
            `MIN_PIXELS`.
    """
    if shape is not None:
        full = (1, *shape) if len(shape) == 2 else tuple(shape)
        if len(full) != 3 or min(full) < 1 or full[0] not in CHANNELS:
            raise DataError(
                "data.source.shape must be [height, width] or [channels, height, width] with 1 or "
                f"3 channels, got {list(shape)}."
            )
        channels, height, width = full
        if channels * height * width != size:
            raise DataError(
                f"data.source.shape={list(shape)} takes {channels * height * width} pixels per "
                f"image, got {size}."
            )
        return channels, height, width
    if size < MIN_PIXELS:
        raise DataError(
            f"an image must have at least {MIN_PIXELS} pixels, got {size}. If the file lists "
            "images, use data=image_folder (docs/data.md shows how); else set data.source.shape."
        )
    for channels in CHANNELS:
        side = isqrt(size // channels)
        if side and channels * side * side == size:
            return channels, side, side
    raise DataError(
        f"{size} pixels per image do not form a square, grey or colour. Set data.source.shape="
        "[height,width] or [channels,height,width], or data.source.drop to the columns that are "
        "neither label nor pixel."
    )
