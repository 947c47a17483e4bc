"""User images are converted to the form of the dataset, and the steps are listed."""

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.read.user_images import background_of, convert
from tailor.errors import DataError

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
    image = convert(save(tmp_path, np.full((32, 32), 130)), shape=COLOUR, background=128.0)
    assert image.pixels.shape == COLOUR
    assert image.steps == ()


def test_transparency_counts_as_white(tmp_path):
    pixels = np.zeros((28, 28, 4))
    pixels[8:20, 8:20] = (0, 0, 0, 255)
    image = convert(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert image.steps[0] == "transparency replaced by white"
    assert "inverted" in image.steps[-1]
    assert image.pixels[0, 0, 0] == 0
    assert image.pixels[0, 14, 14] == 255


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
