from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tailor.data import LabelledImages
from tailor.data.description.sheet import draw_samples


@pytest.mark.parametrize(
    ("num_classes", "channels"), [(1, 1), (10, 1), (13, 3), (100, 3)], ids=lambda value: str(value)
)
def test_every_class_is_on_the_sheet(tmp_path: Path, num_classes: int, channels: int) -> None:
    """Each class is one colour of its own, so that the sheet can be searched for it."""
    colours = torch.arange(num_classes, dtype=torch.uint8) * 2 + 20
    targets = torch.arange(num_classes * 2) % num_classes
    images = colours[targets].view(-1, 1, 1, 1).repeat(1, channels, 8, 6)
    classes = tuple(f"a class with a name that is long {index}" for index in range(num_classes))
    path = tmp_path / "sheet.png"
    draw_samples(LabelledImages(images, targets, classes), path)
    with Image.open(path) as sheet:
        levels = np.bincount(np.asarray(sheet.convert("L")).ravel(), minlength=256)
    assert (levels[colours.numpy()] > 500).all()


def test_the_same_seed_draws_the_same_samples(tmp_path: Path) -> None:
    images = torch.arange(100, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4)
    data = LabelledImages(images, torch.zeros(100, dtype=torch.int64), ("one",))
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        draw_samples(data, tmp_path / f"{name}.png", seed=seed)
    first, same, other = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == same != other


def test_names_are_text_and_no_formulas(tmp_path: Path) -> None:
    """`$a$` would be drawn as a formula, and `$$` would be an error."""
    images = torch.arange(4, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 4, 4) * 60
    widths = []
    for classes in (("$a$", "$$"), ("a", "b")):
        draw_samples(LabelledImages(images, torch.arange(4) % 2, classes), tmp_path / "sheet.png")
        with Image.open(tmp_path / "sheet.png") as sheet:
            widths.append(sheet.width)
    assert widths[0] > widths[1]  # the dollars are drawn
