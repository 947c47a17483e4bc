from __future__ import annotations

import torch

from tailor.data import LabelledImages
from tailor.data.contrast import uniform_images, uniform_note
from tests.datasets import labelled


def with_uniform(count: int, *, jitter: int = 0) -> LabelledImages:
    """40 random images of 4 classes, of which the first `count` have one colour."""
    images = labelled(40)
    images.images[:count] = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1) + 50
    images.images[:count, :, 0, 0] += jitter
    return images


def test_images_of_one_colour() -> None:
    for jitter, expected in ((0, 6), (4, 6), (40, 0)):
        assert int(uniform_images(with_uniform(6, jitter=jitter).images).sum()) == expected


def test_a_colour_is_no_contrast() -> None:
    images = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    images[0, 0] = 200  # red all over
    images[1, 0, :2] = 200
    assert uniform_images(images).tolist() == [True, False]


def test_images_of_few_levels_have_contrast() -> None:
    binary = torch.randint(0, 2, (50, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    assert not uniform_images(binary.to(torch.uint8)).any()


def test_many_uniform_images_are_said() -> None:
    note = uniform_note(with_uniform(8))
    assert note is not None
    assert "8 of 40 training images (20%) have one colour only" in note
    assert "'class 0'" in note
    assert uniform_note(with_uniform(2)) is None
