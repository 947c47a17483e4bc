from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tailor.data.readers import large
from tailor.data.readers.picture import PictureForm
from tailor.data.readers.pictures import read_pictures
from tailor.errors import DataError

COLOUR = PictureForm(3, None, "stretch")


def write(directory: Path, level: int, height: int = 6) -> Path:
    path = directory / f"{level}.png"
    Image.fromarray(np.full((height, 4, 3), level, np.uint8)).save(path)
    return path


def test_images_in_the_order_of_the_files(tmp_path: Path) -> None:
    files = [write(tmp_path, level) for level in (9, 3, 200, 7)]
    pictures = read_pictures(files, COLOUR)
    pixels, readable, faults = pictures.pixels, pictures.readable, pictures.faults
    assert pixels.shape == (4, 3, 6, 4)
    assert pixels[:, 0, 0, 0].tolist() == [9, 3, 200, 7]
    assert (readable, faults) == ([0, 1, 2, 3], [])


def test_the_first_that_can_be_read_sets_the_size(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"x")
    files = [broken, write(tmp_path, 1), write(tmp_path, 2, height=5), write(tmp_path, 3)]
    pictures = read_pictures(files, COLOUR)
    pixels, readable, faults = pictures.pixels, pictures.readable, pictures.faults
    assert pixels[:, 0, 0, 0].tolist() == [1, 3]
    assert readable == [1, 3]
    assert [fault.partition(": ")[0] for fault in faults] == [str(broken), str(files[2])]


def test_none_that_can_be_read(tmp_path: Path) -> None:
    pictures = read_pictures([tmp_path / "absent.png"], COLOUR)
    pixels, readable, faults = pictures.pixels, pictures.readable, pictures.faults
    assert (len(pixels), readable, len(faults)) == (0, [], 1)


def test_more_than_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 100

    monkeypatch.setattr(large.psutil, "virtual_memory", Memory)
    with pytest.raises(
        DataError, match=r"2 images of 3 x 6 x 4 need .* smaller data\.source\.size"
    ):
        read_pictures([write(tmp_path, 1)] * 2, COLOUR)
