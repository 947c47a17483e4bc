"""Decoding many image files in parallel into one array."""

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
    """Read image files; unreadable ones are reported and left out.

    Args:
        files: the files.
        form: size and channels to which images are converted. If it has no size, the first
            readable image sets it for all.

    Returns:
        [N, C, H, W] pixels, the indices in `files` of the N images, and a message on each other.

    Raises:
        DataError: the images do not fit into memory.
    """

    def attempt(path: Path) -> NDArray[np.uint8] | str:
        try:
            return read_picture(path, form)
        except DataError as error:
            return str(error)

    pixels = np.empty((0, 0, 0, 0), np.uint8)
    readable: list[int] = []
    faults: list[str] = []
    with strict_decoding(), ThreadPoolExecutor() as pool:  # Pillow decodes without the GIL
        for index, result in enumerate(pool.map(attempt, files)):
            if not isinstance(result, str) and not readable:
                pixels = _allocate(len(files), result.shape)
            if not isinstance(result, str) and result.shape != pixels.shape[1:]:
                result = (
                    f"{result.shape[1]} x {result.shape[2]} pixels, but {files[readable[0]]} has "
                    f"{pixels.shape[2]} x {pixels.shape[3]} (data.source.size gives all one size)"
                )
            if isinstance(result, str):
                faults.append(f"{files[index]}: {result}")
            else:
                pixels[len(readable)] = result
                readable.append(index)
    return pixels[: len(readable)], readable, faults


def _allocate(count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    size = count * prod(shape)
    available = psutil.virtual_memory().available
    if size > available:
        raise DataError(
            f"{count:,} images of {' x '.join(map(str, shape))} need {size / 1e9:.1f} GB of "
            f"memory, of which {available / 1e9:.1f} GB are free. Set a smaller data.source.size."
        )
    return np.empty((count, *shape), np.uint8)
