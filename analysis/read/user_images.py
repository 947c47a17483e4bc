"""A user's own image files, brought to the form of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from analysis.read.predictions import Array
from tailor.data.readers.picture import PictureForm, read_picture, strict_decoding
from tailor.errors import DataError

DARK, LIGHT = 64, 192  # a background beyond these is one; between them it is a scene
LARGEST = 100_000_000  # pixels; more is a mistake or an attack on memory


@dataclass(frozen=True)
class Brought:
    """An image in the data's form.

    Attributes:
        pixels: [C, H, W] uint8.
        steps: what was done to it, in words.
    """

    pixels: Tensor
    steps: tuple[str, ...]


def background_of(images: Tensor) -> float:
    """Median of the border pixels of images [N, C, H, W] uint8: what they stand on."""
    values = images.float()
    border = torch.cat(
        [values[..., 0, :], values[..., -1, :], values[..., :, 0], values[..., :, -1]], dim=-1
    )
    return float(border.flatten().median())


def bring(path: Path, *, shape: tuple[int, int, int], background: float) -> Brought:
    """Read an image file and bring it to `shape`.

    Transparency is laid on white; colours become grey where the data are grey; the image is
    padded to the data's proportions with its own background, then resized; and it is inverted
    where its background is light and the data's is dark, or the other way round.

    Args:
        shape: channels, height and width of the data.
        background: that of the data, see `background_of`.

    Raises:
        DataError: there is no such file, it is not an image, or it is too large.
    """
    image, steps = _read(path)
    channels, height, width = shape
    if channels == 1 and image.mode != "L":
        steps.append("colours turned to grey")
    image = image.convert("L" if channels == 1 else "RGB")
    if channels not in (1, 3):
        raise DataError(
            f"the trial was trained on images of {channels} channels; an image file can give 1 "
            "or 3, so it cannot be classified."
        )
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
    if (background < DARK and level > LIGHT) or (background > LIGHT and level < DARK):
        image = ImageOps.invert(image)
        own, theirs = ("light", "dark") if level > LIGHT else ("dark", "light")
        steps.append(f"inverted (its background is {own}, the data's {theirs})")
    pixels = np.array(image, dtype=np.uint8)
    pixels = pixels[None] if channels == 1 else np.moveaxis(pixels, -1, 0).copy()
    return Brought(torch.from_numpy(pixels), tuple(steps))


def bring_as_trained(path: Path, form: PictureForm) -> Brought:
    """Read an image file as a folder of training images is read: a file of it gives its pixels.

    Raises:
        DataError: there is no such file, it is not an image, or it is too large.
    """
    if not path.is_file():
        raise DataError(f"there is no image file {path}.")
    assert form.size is not None
    try:
        with strict_decoding():
            pixels = read_picture(path, form)
    except DataError as error:
        raise DataError(f"{path} cannot be read as an image ({error}).") from error
    height, width = form.size
    return Brought(
        torch.from_numpy(pixels.copy()),
        (f"read as the training images were: {form.fit} to {width} x {height}",),
    )


def _shrinks(image: Image.Image, width: int) -> bool:
    return image.width >= 2 * width


def _read(path: Path) -> tuple[Image.Image, list[str]]:
    try:
        with Image.open(path) as file:
            if file.width * file.height > LARGEST:
                raise DataError(
                    f"{path} has {file.width} x {file.height} pixels, more than {LARGEST:,}. "
                    "Scale it down first."
                )
            image: Image.Image = ImageOps.exif_transpose(file)
            image.load()
    except FileNotFoundError as error:
        raise DataError(f"there is no image file {path}.") from error
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as an image ({error}). PNG, JPEG, BMP, GIF and WebP will do."
        ) from error
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
        return image, ["transparency laid on white"]
    return image, []


def _border(pixels: Array) -> Array:
    """Median of the border of an image [H, W] or [H, W, C]: one level, or one a channel."""
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.median(edges, axis=0))
