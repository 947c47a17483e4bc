"""A user's image files, converted to the form of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from analysis.read.predictions import Array
from tailor.data.readers.picture import (
    MAX_DARK_PEAK,
    PictureForm,
    cuts_colours,
    eight_bits,
    largest_level,
    opaque,
    open_picture,
    read_picture,
    reason_of,
    strict_decoding,
)
from tailor.errors import DataError

MAX_DARK_LEVEL, MIN_LIGHT_LEVEL = 64, 192
"""Pixel levels of dark and light backgrounds; levels in between are not backgrounds."""
MIN_CONTRAST = 64
"""Smallest difference, in levels, between an object's mean and the background put behind it."""
MIN_RANGE = 8
"""An image with a smaller range of levels counts as blank."""
MAX_PIXELS = 100_000_000
"""Limits memory: a larger image is a mistake or an attack."""


@dataclass(frozen=True)
class ConvertedImage:
    """A user's image in the form of the dataset.

    Attributes:
        pixels: [C, H, W] uint8.
        steps: descriptions of the conversion steps.
    """

    pixels: Tensor
    steps: tuple[str, ...]


def background_of(images: Tensor) -> float:
    """Background level of images [N, C, H, W] uint8: the median of their border pixels."""
    values = images.float()
    border = torch.cat(
        [values[..., 0, :], values[..., -1, :], values[..., :, 0], values[..., :, -1]], dim=-1
    )
    return float(border.flatten().median())


def convert(path: Path, *, shape: tuple[int, int, int], background: float) -> ConvertedImage:
    """Read an image file and convert it to `shape`.

    Transparent pixels get the dataset's background, or another one on which the object shows.
    Colours become grey if the dataset is grey. The image is padded to the proportions of the
    dataset with its own background colour and resized. It is inverted if its background is light
    and the dataset's is dark, or vice versa.

    Args:
        shape: channels, height and width of the dataset.
        background: background level of the dataset, see `background_of`.

    Raises:
        DataError: there is no such file, it is not an image, or it is too large.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise DataError(
            f"the trial was trained on images with {channels} channels; an image file has 1 or 3, "
            "so it cannot be classified."
        )
    image, steps = _read(path, background)
    if channels == 1 and _has_colours(image):
        steps.append("converted to grey")
    image = image.convert("L" if channels == 1 else "RGB")
    border = _border(np.asarray(image))
    if image.size != (width, height):
        steps.append(f"{image.width} x {image.height} resized to {width} x {height}")
        fill = tuple(int(level) for level in np.atleast_1d(border))
        image = ImageOps.pad(
            image,
            (width, height),
            method=Image.Resampling.BOX if _shrinks(image, width) else Image.Resampling.BICUBIC,
            color=fill[0] if channels == 1 else fill,
        )
    level = float(np.mean(border))
    if (background < MAX_DARK_LEVEL and level > MIN_LIGHT_LEVEL) or (
        background > MIN_LIGHT_LEVEL and level < MAX_DARK_LEVEL
    ):
        image = ImageOps.invert(image)
        own, expected = ("light", "dark") if level > MIN_LIGHT_LEVEL else ("dark", "light")
        steps.append(f"inverted (its background is {own}, the dataset's {expected})")
    pixels = np.array(image, dtype=np.uint8)
    pixels = pixels[None] if channels == 1 else np.moveaxis(pixels, -1, 0).copy()
    return ConvertedImage(torch.from_numpy(pixels), (*steps, *_contrast_warning(pixels)))


def convert_as_trained(path: Path, form: PictureForm) -> ConvertedImage:
    """Read an image file like a training image of a folder, to exactly the same pixels.

    Raises:
        DataError: there is no such file, it is not an image, or it is too large.
    """
    if not path.is_file():
        raise DataError(f"there is no image file {path}.")
    assert form.size is not None
    try:
        with strict_decoding():
            pixels = read_picture(path, form).pixels
    except DataError as error:
        raise DataError(f"{path} cannot be read as an image ({error}).") from error
    height, width = form.size
    return ConvertedImage(
        torch.from_numpy(pixels.copy()),
        (
            f"read like the training images: {form.fit} to {width} x {height}",
            *_contrast_warning(pixels),
        ),
    )


def _shrinks(image: Image.Image, width: int) -> bool:
    return image.width >= 2 * width


def _read(path: Path, background: float) -> tuple[Image.Image, list[str]]:
    """Return an image of 8 bits without transparency, and the conversion steps."""
    try:
        with strict_decoding(), open_picture(path) as file:
            if file.width * file.height > MAX_PIXELS:
                raise DataError(
                    f"it has {file.width} x {file.height} pixels, more than {MAX_PIXELS:,}; scale "
                    "it down first"
                )
            is_cut = cuts_colours(file)
            image, peak = eight_bits(ImageOps.exif_transpose(file), bits=None)
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"there is no image file {path}.") from error
    except Exception as error:  # damaged bytes make decoders raise almost anything
        raise DataError(f"{path} cannot be read as an image ({reason_of(error)}).") from error
    steps = ["more than 8 bits scaled to 8"] if peak else []
    if is_cut and (level := largest_level(image)) <= MAX_DARK_PEAK:
        steps.append(f"warning: its 16 bits are read as {level + 1} of 256 levels")
    if not image.has_transparency_data or np.asarray(image.convert("RGBA"))[..., 3].min() == 255:
        return image, steps
    level, name = _level_behind(image, background)
    return opaque(image, level), [*steps, f"transparency replaced by {name}"]


def _level_behind(image: Image.Image, background: float) -> tuple[int, str]:
    """Return the grey level to lay an image on: the dataset's if the object shows on it."""
    pixels = np.asarray(image.convert("RGBA").convert("LA")).astype(float)
    weights = pixels[..., 1].sum()
    mean = (pixels[..., 0] * pixels[..., 1]).sum() / weights if weights else 255.0 - background
    levels = ((round(background), "the dataset's background"), (255, "white"), (0, "black"))
    return next(choice for choice in levels if abs(choice[0] - mean) >= MIN_CONTRAST)


def _has_colours(image: Image.Image) -> bool:
    """Whether the channels of a pixel differ."""
    pixels = np.asarray(image.convert("RGB"))
    return bool((pixels != pixels[..., :1]).any())


def _contrast_warning(pixels: Array) -> tuple[str, ...]:
    """Return a warning step if an image is blank."""
    if int(pixels.max()) - int(pixels.min()) >= MIN_RANGE:
        return ()
    return ("warning: the converted image is blank, so its class means nothing",)


def _border(pixels: Array) -> Array:
    """Median of the border of an image [H, W] or [H, W, C], per channel."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.median(border, axis=0))
