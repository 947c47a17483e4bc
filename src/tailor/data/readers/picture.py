"""Reading an image file of any common format, with a dataset's size and channels."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from tailor.data.readers.pixels import CHANNELS
from tailor.errors import DataError

# Formats that Pillow decodes itself; EPS is left out, because it starts another program.
FORMATS = (
    *("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "ICO", "PCX"),
    *("JPEG2000", "AVIF", "DDS", "SGI", "MPO"),
)
FITS = ("stretch", "crop", "pad")


@dataclass(frozen=True)
class PictureForm:
    """The size and channels to which every image of a dataset is converted.

    Attributes:
        channels: 1 (grey) or 3 (colour).
        size: height and width; None keeps each image's own.
        fit: how to fit another aspect ratio: `stretch`, `crop`, or `pad` with black.
    """

    channels: int
    size: tuple[int, int] | None
    fit: str

    def __post_init__(self) -> None:
        if self.channels not in CHANNELS:
            raise DataError(
                f"data.source.channels must be 1 (grey) or 3 (colour), got {self.channels}."
            )
        if self.fit not in FITS:
            raise DataError(f"data.source.fit must be one of {', '.join(FITS)}, got {self.fit!r}.")


@functools.cache
def suffixes() -> frozenset[str]:
    """Return the suffixes of image files, such as `.png`."""
    registered = Image.registered_extensions()
    return frozenset(suffix for suffix, name in registered.items() if name in FORMATS)


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@contextmanager
def strict_decoding() -> Iterator[None]:
    """Raise for images of implausible size, and ignore the other warnings of decoders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def read_picture(path: Path, form: PictureForm) -> NDArray[np.uint8]:
    """Read an image file as [C, H, W].

    EXIF orientation is applied, transparency is replaced by black, an animation gives its first
    frame, and 16-bit channels become 8-bit. The content decides the format, not the suffix.

    Raises:
        DataError: the file is empty, damaged, of another format, or implausibly large.
    """
    try:
        if path.stat().st_size == 0:
            raise DataError("the file is empty")
        with Image.open(path, formats=_formats()) as file:
            image = _eight_bit_opaque(ImageOps.exif_transpose(file))
            image = image.convert("L" if form.channels == 1 else "RGB")
        if form.size is not None:
            image = _resized(image, form.size, form.fit)
    except Exception as error:  # damaged bytes make decoders raise almost anything
        raise DataError(_reason(error)) from error
    pixels = np.asarray(image)
    return pixels[None] if form.channels == 1 else pixels.transpose(2, 0, 1)


def _eight_bit_opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits per pixel, which `convert` would clip at 255
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if image.mode == "F":
        raise DataError("its pixels are floating-point numbers")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        transparent = image.convert("RGBA")
        black = Image.new("RGBA", transparent.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, transparent)
    return image


def _resized(image: Image.Image, size: tuple[int, int], fit: str) -> Image.Image:
    height, width = size
    if image.size == (width, height):
        return image
    if fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    if fit == "pad":
        return ImageOps.pad(image, (width, height), Image.Resampling.BICUBIC)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image of a known format"
    return str(error).partition("\n")[0] or type(error).__name__
