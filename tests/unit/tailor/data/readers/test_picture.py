from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tailor.data.readers import picture
from tailor.data.readers.picture import PictureForm, strict_decoding
from tailor.errors import DataError

GREY, COLOUR = PictureForm(1, None, "stretch"), PictureForm(3, None, "stretch")
RED = np.zeros((6, 4, 3), np.uint8)
RED[..., 0] = 255


def read_picture(path: Path, form: PictureForm) -> NDArray[np.uint8]:
    return picture.read_picture(path, form).pixels


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "gif", "ppm", "jpg", "tga"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"red.{suffix}"
    Image.fromarray(RED).save(path)
    image = read_picture(path, COLOUR)
    assert (image.shape, image.dtype) == ((3, 6, 4), np.uint8)
    assert np.abs(image.astype(int) - RED.transpose(2, 0, 1)).max() <= 2  # JPEG rounds
    assert read_picture(path, GREY).shape == (1, 6, 4)


def test_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    image = read_picture(tmp_path / "ramp.png", GREY)
    np.testing.assert_array_equal(image[0], np.rint(ramp / 257))


def test_rounding_is_to_the_nearest_level(tmp_path: Path) -> None:
    Image.fromarray(np.array([[120 * 257 + 200]], np.uint16)).save(tmp_path / "grey.png")
    form = PictureForm(1, None, "stretch", bits=16)
    assert picture.read_picture(tmp_path / "grey.png", form).pixels.tolist() == [[[121]]]


@pytest.mark.parametrize(
    ("values", "dtype", "levels"),
    [
        pytest.param([0, 1000, 2048, 4095], np.uint16, [0, 62, 128, 255], id="12 bits in 16"),
        pytest.param([0, 100, 200, 255], np.int32, [0, 100, 200, 255], id="8 bits in 32"),
        pytest.param([0, 1000, 500, 1023], np.int32, [0, 249, 125, 255], id="10 bits in 32"),
        pytest.param([0, 0, 30_000, 65_535], np.int32, [0, 0, 117, 255], id="16 bits in 32"),
    ],
)
def test_images_keep_the_range_of_their_values(
    tmp_path: Path, values: list[int], dtype: type, levels: list[int]
) -> None:
    path = tmp_path / "deep.tiff"
    Image.fromarray(np.array([values], dtype)).save(path)
    result = picture.read_picture(path, GREY)
    assert result.pixels.tolist() == [[levels]]
    assert result.peak == values[-1]


@pytest.mark.parametrize("values", [[0, 65_536], [-1, 3]])
def test_values_that_no_image_has(tmp_path: Path, values: list[int]) -> None:
    Image.fromarray(np.array([values], np.int32)).save(tmp_path / "wide.tiff")
    with pytest.raises(DataError, match="its pixels must lie in 0 to 65,535, got"):
        read_picture(tmp_path / "wide.tiff", GREY)


def test_a_transparent_level_of_a_deep_image(tmp_path: Path) -> None:
    values = np.array([[0, 500, 40_000, 65_535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "clear.png", transparency=40_000)
    assert read_picture(tmp_path / "clear.png", GREY).tolist() == [[[0, 2, 0, 255]]]
    white = PictureForm(1, None, "stretch", background="white")
    assert read_picture(tmp_path / "clear.png", white).tolist() == [[[0, 2, 255, 255]]]


def test_transparency_is_laid_on_black(tmp_path: Path) -> None:
    clear = np.full((2, 2, 4), 255, np.uint8)
    clear[0, 0, 3] = 0
    Image.fromarray(clear).save(tmp_path / "clear.png")
    image = read_picture(tmp_path / "clear.png", GREY)
    assert image[0].tolist() == [[0, 255], [255, 255]]


def test_padding_has_the_background(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (9, 9, 9)).save(tmp_path / "wide.png")
    for channels in (1, 3):
        form = PictureForm(channels, (4, 4), "pad", background="white")
        image = read_picture(tmp_path / "wide.png", form)
        assert image[:, [0, 1], 0].tolist() == [[255, 9]] * channels


def test_the_camera_s_turn_is_undone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(RED).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg", COLOUR).shape == (3, 4, 6)


def half(fit: str, tmp_path: Path) -> list[list[int]]:
    """A white left half and a black right half, 4 x 8, brought to 4 x 4."""
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, :4] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    image = read_picture(tmp_path / "half.png", PictureForm(1, (4, 4), fit))
    return (image[0] > 127).astype(int).tolist()


@pytest.mark.parametrize(
    ("fit", "rows"),
    [
        ("stretch", [[1, 1, 0, 0]] * 4),
        ("crop", [[1, 1, 0, 0]] * 4),
        ("pad", [[0] * 4, [1, 1, 0, 0], [1, 1, 0, 0], [0] * 4]),
    ],
)
def test_other_proportions(tmp_path: Path, fit: str, rows: list[list[int]]) -> None:
    assert half(fit, tmp_path) == rows


def test_crop_keeps_the_middle(tmp_path: Path) -> None:
    pixels = np.zeros((4, 12), np.uint8)
    pixels[:, 4:8] = 255
    Image.fromarray(pixels).save(tmp_path / "middle.png")
    image = read_picture(tmp_path / "middle.png", PictureForm(1, (4, 4), "crop"))
    assert (image == 255).all()


def test_a_program_in_disguise_is_not_started(tmp_path: Path) -> None:
    path = tmp_path / "drawing.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n")
    with pytest.raises(DataError, match="not an image of a known format"):
        read_picture(path, GREY)


def test_an_image_of_absurd_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(RED).save(tmp_path / "red.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with strict_decoding(), pytest.raises(DataError, match="decompression bomb"):
        read_picture(tmp_path / "red.png", COLOUR)


def test_floating_point_pixels(tmp_path: Path) -> None:
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "float.tiff")
    with pytest.raises(DataError, match="floating-point"):
        read_picture(tmp_path / "float.tiff", GREY)


def encoded(suffix: str, tmp_path: Path) -> bytes:
    path = tmp_path / f"red.{suffix}"
    Image.fromarray(RED).save(path)
    return path.read_bytes()


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), suffix=st.sampled_from(["png", "jpg", "gif", "tiff", "webp", "bmp"]))
def test_any_bytes_end_in_an_error_or_an_image(
    tmp_path: Path, data: st.DataObject, suffix: str
) -> None:
    content = bytearray(encoded(suffix, tmp_path))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "fuzzed"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        with strict_decoding():
            image = read_picture(path, PictureForm(3, (5, 5), "stretch"))
    except DataError:
        return
    assert (image.shape, image.dtype) == ((3, 5, 5), np.uint8)
