"""User images are converted to the form of the dataset, and the steps are listed."""

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.read.user_images import background_of, convert
from tailor.errors import DataError
from tests.datasets import deep_colour_png

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def save(tmp_path, pixels, mode=None, name="image.png"):
    path = tmp_path / name
    Image.fromarray(np.asarray(pixels, dtype=np.uint8), mode).save(path)
    return path


def test_a_dark_shape_on_white_becomes_a_light_one_on_black(tmp_path):
    pixels = np.full((140, 280, 3), 255)
    pixels[40:100, 100:180] = 10
    image = convert(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert image.pixels.shape == GREY
    assert image.pixels.dtype == torch.uint8
    assert image.pixels[0, 0, 0] == 0  # the padding has the image's own background colour
    assert image.pixels[0, 14, 14] > 200
    assert "inverted" in image.steps[-1]
    assert "280 x 140 resized to 28 x 28" in image.steps


def test_an_image_in_the_right_form_is_unchanged(tmp_path):
    pixels = np.zeros((28, 28))
    pixels[5:20, 5:20] = 180
    image = convert(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert image.steps == ()
    assert np.array_equal(image.pixels[0].numpy(), pixels)


def test_a_grey_image_becomes_rgb_and_medium_backgrounds_are_not_inverted(tmp_path):
    pixels = np.full((32, 32), 130)
    pixels[8:20, 8:20] = 200
    image = convert(save(tmp_path, pixels), shape=COLOUR, background=128.0)
    assert image.pixels.shape == COLOUR
    assert image.steps == ()


def test_black_on_transparency_is_laid_on_white(tmp_path):
    image = convert(on_transparency(tmp_path, 0), shape=GREY, background=0.0)
    assert image.steps[0] == "transparency replaced by white"
    assert "inverted" in image.steps[-1]
    assert image.pixels[0, 0, 0] == 0
    assert image.pixels[0, 14, 14] == 255


DARK, LIGHT = 0.0, 255.0


def on_transparency(tmp_path, level):
    """A square of one level on transparency."""
    pixels = np.zeros((28, 28, 4))
    pixels[8:20, 8:20] = (level, level, level, 255)
    return save(tmp_path, pixels, name=f"{level}.png")


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
@pytest.mark.parametrize("background", [DARK, 100.0, LIGHT])
def test_what_lies_on_transparency_is_seen(tmp_path, level, background):
    image = convert(on_transparency(tmp_path, level), shape=GREY, background=background)
    corner, middle = int(image.pixels[0, 0, 0]), int(image.pixels[0, 14, 14])
    assert abs(corner - middle) >= 60
    assert "warning" not in "".join(image.steps)
    if background in (DARK, LIGHT):
        assert corner == background


def test_white_on_transparency_keeps_its_polarity(tmp_path):
    image = convert(on_transparency(tmp_path, 255), shape=GREY, background=DARK)
    assert image.steps == ("transparency replaced by the dataset's background",)
    assert (int(image.pixels[0, 0, 0]), int(image.pixels[0, 14, 14])) == (0, 255)


def test_an_image_without_contrast_is_warned_of(tmp_path):
    image = convert(save(tmp_path, np.full((28, 28), 7)), shape=GREY, background=DARK)
    assert image.steps[-1].startswith("warning: the converted image is blank")


def test_sixteen_bits_are_scaled(tmp_path):
    pixels = np.zeros((28, 28), np.uint16)
    pixels[4:20, 4:20] = 120 * 257
    pixels[10:15, 10:15] = 65535
    Image.fromarray(pixels).save(tmp_path / "deep.png")
    image = convert(tmp_path / "deep.png", shape=GREY, background=DARK)
    assert image.pixels.unique().tolist() == [0, 120, 255]
    assert image.steps == ("more than 8 bits scaled to 8",)


def test_sixteen_bits_with_transparency_keep_their_levels(tmp_path):
    ramp = np.linspace(0, 65535, 28 * 28).astype(np.uint16).reshape(28, 28)
    Image.fromarray(ramp).save(tmp_path / "deep.png", transparency=int(ramp[3, 3]))
    image = convert(tmp_path / "deep.png", shape=GREY, background=DARK)
    assert len(image.pixels.unique()) > 200


def test_floating_point_pixels_are_refused(tmp_path):
    Image.fromarray(np.ones((4, 4), np.float32) / 2).save(tmp_path / "float.tiff")
    with pytest.raises(DataError, match="its pixels are floating-point numbers"):
        convert(tmp_path / "float.tiff", shape=GREY, background=DARK)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB"])
def test_only_colours_are_turned_to_grey(tmp_path, mode):
    grey = np.zeros((28, 28), np.uint8)
    grey[5:20, 5:20] = 255
    Image.fromarray(grey).convert(mode).save(tmp_path / "image.png")
    image = convert(tmp_path / "image.png", shape=GREY, background=DARK)
    assert image.steps == ()
    coloured = save(tmp_path, np.stack([grey, grey // 2, grey], -1))
    assert convert(coloured, shape=GREY, background=DARK).steps == ("converted to grey",)


def test_the_background_of_a_dataset_is_the_median_of_its_borders():
    images = torch.zeros(5, 1, 8, 8, dtype=torch.uint8)
    images[:, :, 2:6, 2:6] = 255
    assert background_of(images) == 0
    assert background_of(255 - images) == 255


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "there is no image file", id="missing"),
        pytest.param(b"no image at all", "cannot be read as an image", id="text"),
        pytest.param(
            b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "cannot be read as an image", id="truncated"
        ),
    ],
)
def test_files_that_are_not_images_are_rejected(tmp_path, content, message):
    path = tmp_path / "file.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        convert(path, shape=GREY, background=0.0)


@pytest.mark.parametrize(("value", "warned"), [(4095, True), (65_535, False)])
def test_dark_colours_of_sixteen_bits_are_said(tmp_path, value, warned):
    deep_colour_png(tmp_path / "deep.png", value)
    image = convert(tmp_path / "deep.png", shape=COLOUR, background=255.0)
    assert ("warning: its 16 bits are read as 16 of 256 levels" in image.steps) == warned
