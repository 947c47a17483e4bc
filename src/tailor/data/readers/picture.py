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
    *("JPEG2000", "AVIF", "DDS", "SGI", "MPO", "HEIF"),
)
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
"""Read if pillow-heif is installed."""
FITS = ("stretch", "crop", "pad")
BACKGROUNDS = {"black": 0, "white": 255}
MAX_DARK_PEAK = 63
"""Images that use no more than a quarter of the levels lose much detail in 8 bits."""
BIT_DEPTHS = (8, 10, 12, 14, 16)
"""Of cameras and scanners, which save more than 8 bits in files of 16 or 32."""


@dataclass(frozen=True)
class PictureForm:
    """The size and channels to which every image of a dataset is converted.

    Attributes:
        channels: 1 (grey) or 3 (colour).
        size: height and width; None keeps each image's own.
        fit: how to fit another aspect ratio: `stretch`, `crop`, or `pad` with the background.
        background: `black` or `white`, also behind transparent pixels.
        bits: white is 2 ** bits - 1 in images of more than 8 bits; None takes the smallest usual
            number of bits that the image's values need.
    """

    channels: int
    size: tuple[int, int] | None
    fit: str
    background: str = "black"
    bits: int | None = None

    def __post_init__(self) -> None:
        if self.channels not in CHANNELS:
            raise DataError(
                f"data.source.channels must be 1 (grey) or 3 (colour), got {self.channels}."
            )
        if self.fit not in FITS:
            raise DataError(f"data.source.fit must be one of {', '.join(FITS)}, got {self.fit!r}.")
        if self.background not in BACKGROUNDS:
            raise DataError(
                f"data.source.background must be one of {', '.join(BACKGROUNDS)}, got "
                f"{self.background!r}."
            )


@dataclass(frozen=True)
class Picture:
    """A decoded image file.

    Attributes:
        pixels: [C, H, W] uint8.
        peak: largest value of a grey image of more than 8 bits; 0 for the others.
        cut_peak: largest level of a colour image of 16 bits, of which Pillow reads the upper 8
            only; None for the others.
    """

    pixels: NDArray[np.uint8]
    peak: int
    cut_peak: int | None = None


@functools.cache
def suffixes() -> frozenset[str]:
    """Return the suffixes of image files, such as `.png`."""
    _register_heif()
    registered = Image.registered_extensions()
    return frozenset(suffix for suffix, name in registered.items() if name in FORMATS)


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    _register_heif()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()


@contextmanager
def strict_decoding() -> Iterator[None]:
    """Raise for images of implausible size, and ignore the other warnings of decoders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def open_picture(path: Path) -> Image.Image:
    """Open an image file of one of `FORMATS`, without decoding it."""
    return Image.open(path, formats=_formats())


def read_picture(path: Path, form: PictureForm) -> Picture:
    """Read an image file in a dataset's form.

    EXIF orientation is applied, transparency is replaced by the background, an animation gives its
    first frame, and more than 8 bits are rounded to 8. The content decides the format, not the
    suffix.

    Raises:
        DataError: the file is empty, damaged, of another format, or implausibly large.
    """
    try:
        if path.stat().st_size == 0:
            raise DataError("the file is empty")
        with open_picture(path) as file:
            is_cut = cuts_colours(file)
            image, peak = eight_bits(ImageOps.exif_transpose(file), bits=form.bits)
            cut_peak = largest_level(image) if is_cut else None
            image = opaque(image, BACKGROUNDS[form.background])
            image = image.convert("L" if form.channels == 1 else "RGB")
        if form.size is not None:
            image = _resized(image, form.size, form.fit, BACKGROUNDS[form.background])
    except Exception as error:  # damaged bytes make decoders raise almost anything
        raise DataError(reason_of(error)) from error
    pixels = np.asarray(image)
    pixels = pixels[None] if form.channels == 1 else pixels.transpose(2, 0, 1)
    return Picture(pixels, peak, cut_peak)


def cuts_colours(file: Image.Image) -> bool:
    """Whether an open file has colours of 16 bits, of which Pillow reads the upper 8."""
    return not file.mode.startswith("I") and ";16" in str(getattr(file, "tile", ""))


def largest_level(image: Image.Image) -> int:
    """Return the largest level, 0 to 255, of an image's colours; alpha and background aside."""
    return int(np.asarray(image.convert("RGB")).max())


def bits_of(peak: int) -> int:
    """Return the smallest usual bit depth that holds `peak`, which is at most 65,535."""
    return next(bits for bits in BIT_DEPTHS if peak < 1 << bits)


def eight_bits(image: Image.Image, *, bits: int | None) -> tuple[Image.Image, int]:
    """Scale an image of more than 8 bits per pixel to 8; others are returned as they are.

    Args:
        image: of any mode. Pillow's own `convert` would clip its values at 255.
        bits: as in `PictureForm`; larger values become white.

    Returns:
        The image, with an alpha channel if a grey level was transparent, and its `Picture.peak`.

    Raises:
        DataError: values are not whole numbers from 0 to 65,535.
    """
    if image.mode == "F":
        raise DataError("its pixels are floating-point numbers; save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image, 0
    values = np.asarray(image).astype(np.int64)
    low, peak = int(values.min()), int(values.max())
    if low < 0 or peak >= 1 << BIT_DEPTHS[-1]:
        raise DataError(f"its pixels must lie in 0 to 65,535, got {low:,} to {peak:,}")
    white = (1 << (bits or bits_of(peak))) - 1
    grey = np.rint(values.clip(max=white) * (255 / white)).astype(np.uint8)
    scaled = Image.fromarray(grey)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        scaled.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return scaled, peak


def opaque(image: Image.Image, background: int) -> Image.Image:
    """Lay an image on a grey level from 0 to 255, if it has transparent pixels."""
    if not image.has_transparency_data:
        return image
    below = Image.new("RGBA", image.size, (background, background, background, 255))
    return Image.alpha_composite(below, image.convert("RGBA"))


def _resized(image: Image.Image, size: tuple[int, int], fit: str, background: int) -> Image.Image:
    height, width = size
    if image.size == (width, height):
        return image
    if fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
    if fit == "pad":
        color = background if image.mode == "L" else (background,) * 3
        return ImageOps.pad(image, (width, height), Image.Resampling.BICUBIC, color=color)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def reason_of(error: Exception) -> str:
    """Return the message of a decoder's exception, in one line."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image of a known format"
    return str(error).partition("\n")[0] or type(error).__name__
