"""Many image files, decoded side by side into one array."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from tailor.data.readers.picture import PictureForm, read_picture, strict_decoding
from tailor.errors import DataError


def read_pictures(
    files: Sequence[Path], form: PictureForm
) -> tuple[NDArray[np.uint8], list[int], list[str]]:
    """Read image files; those that cannot be read are named and left out.

    Args:
        files: the files.
        form: what each image is brought to. Where it leaves the size open, the first image that
            can be read sets it for all.

    Returns:
        [N, C, H, W] pixels, the places in `files` of the N images, and a sentence on each other.

    Raises:
        DataError: the images do not fit into memory.
    """

    def attempt(path: Path) -> NDArray[np.uint8] | str:
        try:
            return read_picture(path, form)
        except DataError as error:
            return str(error)

    pixels = np.empty((0, 0, 0, 0), np.uint8)
    kept: list[int] = []
    faults: list[str] = []
    with strict_decoding(), ThreadPoolExecutor() as pool:  # Pillow decodes without Python's lock
        for place, found in enumerate(pool.map(attempt, files)):
            if not isinstance(found, str) and not kept:
                pixels = _room(len(files), found.shape)
            if not isinstance(found, str) and found.shape != pixels.shape[1:]:
                found = (
                    f"{found.shape[1]} x {found.shape[2]} pixels, where {files[kept[0]]} has "
                    f"{pixels.shape[2]} x {pixels.shape[3]} (data.source.size brings all to one)"
                )
            if isinstance(found, str):
                faults.append(f"{files[place]}: {found}")
            else:
                pixels[len(kept)] = found
                kept.append(place)
    return pixels[: len(kept)], kept, faults


def _room(count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    size = count * prod(shape)
    available = psutil.virtual_memory().available
    if size > available:
        raise DataError(
            f"{count:,} images of {' x '.join(map(str, shape))} need {size / 1e9:.1f} GB of "
            f"memory, of which {available / 1e9:.1f} GB are free. Give a smaller data.source.size."
        )
    return np.empty((count, *shape), np.uint8)
