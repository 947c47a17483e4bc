"""Own image files: whatever they are, they come out in the data's form, and say how."""

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.read.user_images import background_of, bring
from tailor.errors import DataError

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def save(tmp_path, pixels, mode=None, name="image.png"):
    path = tmp_path / name
    Image.fromarray(np.asarray(pixels, dtype=np.uint8), mode).save(path)
    return path


def test_a_dark_shape_on_white_becomes_a_light_one_on_black(tmp_path):
    pixels = np.full((140, 280, 3), 255)
    pixels[40:100, 100:180] = 10
    found = bring(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert found.pixels.shape == GREY
    assert found.pixels.dtype == torch.uint8
    assert found.pixels[0, 0, 0] == 0  # the padding took the image's own background
    assert found.pixels[0, 14, 14] > 200
    assert "inverted" in found.steps[-1]
    assert "280 x 140 resized to 28 x 28" in found.steps


def test_an_image_in_the_data_s_form_stays_as_it_is(tmp_path):
    pixels = np.zeros((28, 28))
    pixels[5:20, 5:20] = 180
    found = bring(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert found.steps == ()
    assert np.array_equal(found.pixels[0].numpy(), pixels)


def test_a_grey_image_serves_colour_data_and_is_not_inverted_by_a_scene(tmp_path):
    found = bring(save(tmp_path, np.full((32, 32), 130)), shape=COLOUR, background=128.0)
    assert found.pixels.shape == COLOUR
    assert found.steps == ()


def test_transparency_counts_as_white(tmp_path):
    pixels = np.zeros((28, 28, 4))
    pixels[8:20, 8:20] = (0, 0, 0, 255)
    found = bring(save(tmp_path, pixels), shape=GREY, background=0.0)
    assert found.steps[0] == "transparency laid on white"
    assert "inverted" in found.steps[-1]
    assert found.pixels[0, 0, 0] == 0
    assert found.pixels[0, 14, 14] == 255


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
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "cannot be read as an image", id="torn"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, message):
    path = tmp_path / "file.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        bring(path, shape=GREY, background=0.0)
