"""Decoding many image files in parallel into one array."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tailor.data.notes import printable
from tailor.data.readers.large import refuse_more_than_memory
from tailor.data.readers.picture import (
    Picture,
    PictureForm,
    bits_of,
    read_picture,
    strict_decoding,
)
from tailor.errors import DataError


@dataclass(frozen=True)
class Pictures:
    """Decoded image files.

    Attributes:
        pixels: [N, C, H, W] uint8.
        readable: the indices of the N images in the list of files.
        faults: a message on each other file.
        bits: white was 2 ** bits - 1 in images of more than 8 bits; None without any.
        clipped: number of images with values above white.
        cut_peak: largest `Picture.cut_peak`; None without any.
    """

    pixels: NDArray[np.uint8]
    readable: list[int]
    faults: list[str]
    bits: int | None
    clipped: int
    cut_peak: int | None


def read_pictures(files: Sequence[Path], form: PictureForm) -> Pictures:
    """Read image files; unreadable ones are reported and left out.

    Images of more than 8 bits share one white level: that of `form.bits`, or of the bits that the
    largest value of all images needs.

    Args:
        files: the files.
        form: the form to convert images to. If it has no size, the first readable image sets the
            size for all.

    Raises:
        DataError: the images do not fit into memory.
    """

    def attempt(path: Path) -> Picture | str:
        try:
            return read_picture(path, form)
        except DataError as error:
            return str(error)

    pixels = np.empty((0, 0, 0, 0), np.uint8)
    readable: list[int] = []
    faults: list[str] = []
    peaks: list[int] = []
    cut_peaks: list[int] = []
    with strict_decoding(), ThreadPoolExecutor() as pool:  # Pillow decodes without the GIL
        for index, result in enumerate(pool.map(attempt, files)):
            if isinstance(result, Picture) and not readable:
                pixels = _allocate(len(files), result.pixels.shape)
            if isinstance(result, Picture) and result.pixels.shape != pixels.shape[1:]:
                _, height, width = result.pixels.shape
                result = (
                    f"{height} x {width} pixels, but {files[readable[0]]} has "
                    f"{pixels.shape[2]} x {pixels.shape[3]} (data.source.size gives all one size)"
                )
            if isinstance(result, str):
                faults.append(printable(f"{files[index]}: {result}"))
            else:
                pixels[len(readable)] = result.pixels
                readable.append(index)
                peaks.append(result.peak)
                cut_peaks += [] if result.cut_peak is None else [result.cut_peak]
        bits = form.bits or (bits_of(max(peaks)) if any(peaks) else None)
        again = [
            position
            for position, peak in enumerate(peaks)
            if peak and form.bits is None and bits_of(peak) != bits
        ]
        same_white = partial(read_picture, form=replace(form, bits=bits))
        pictures = pool.map(same_white, [files[readable[position]] for position in again])
        for position, picture in zip(again, pictures, strict=True):
            pixels[position] = picture.pixels
    return Pictures(
        pixels=pixels[: len(readable)],
        readable=readable,
        faults=faults,
        bits=bits,
        clipped=sum(peak >= 1 << bits for peak in peaks) if bits else 0,
        cut_peak=max(cut_peaks, default=None),
    )


def _allocate(count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    refuse_more_than_memory(
        count * prod(shape),
        f"{count:,} images of {' x '.join(map(str, shape))}",
        advice="Set a smaller data.source.size.",
    )
    return np.empty((count, *shape), np.uint8)
