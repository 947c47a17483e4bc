"""Occlusion maps of networks whose answer depends on a known part of the image."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from analysis.read.occlusion import Occlusion, occlusions, patches
from analysis.text.images import occlusion as sentence
from tailor.data.batches import Normalise

CPU = torch.device("cpu")
PLAIN = Normalise(torch.zeros(1), torch.ones(1), device=CPU)


class Corner(nn.Module):
    """Predicts class 1 if the upper left quarter is bright, otherwise class 0."""

    def forward(self, images):
        bright = images[:, 0, :2, :2].mean(dim=(1, 2))
        return torch.stack([torch.full_like(bright, 100.0), bright], dim=1)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (1, 3), (30, 17), (224, 224)])
def test_patches_cover_every_pixel_in_one_batch(height, width):
    masks = patches(height, width)
    assert masks.any(dim=0).all()
    assert masks.flatten(1).any(dim=1).all()
    assert len(masks) <= 100


def test_the_map_shows_the_part_that_the_answer_depends_on():
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[0, 0, :2, :2] = 255  # predicted as class 1, but of class 0
    [found] = occlusions(Corner(), PLAIN, CPU, image, torch.tensor([0]), [0])
    assert found.recognised
    assert found.whole < 0.01 < 0.99 < found.best
    assert found.centre == (pytest.approx(0.125), pytest.approx(0.125))
    assert np.unravel_index(found.change.argmax(), (8, 8)) == (0, 0)
    assert np.allclose(found.change[3:, 3:], 0)


def entry(best, *, row, recognised=False):
    return Occlusion(0, 0.01, best, recognised, (row, 0.5), np.zeros((4, 4)))


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        ([], ""),
        ([entry(0.03, row=0.1)], "the probability of Shirt never rises by 0.05 or more"),
        ([entry(0.6, row=0.1, recognised=True)] * 3, "predict Shirt for 3 of the 3 mistakes"),
        ([entry(0.6, row=1.0)] * 3, "In 3 of 3, the patch that raises the probability of Shirt"),
        ([entry(0.6, row=0.99)] * 3, "most lies in the lower third"),
        ([entry(0.6, row=row) for row in (0.1, 0.5, 0.9)], "differ from image to image"),
        ([entry(0.6, row=0.1), *[entry(0.03, row=0.9)] * 2], "In 2 of 3, no patch raises the"),
    ],
    ids=["none", "no-rise", "recognised", "edge", "third", "spread", "few-rise"],
)
def test_the_sentence_follows_the_maps(covered, said):
    metrics = SimpleNamespace(name="Shirt")
    text = sentence(SimpleNamespace(occlusions=covered, hardest=SimpleNamespace(metrics=metrics)))
    assert said in text
    assert bool(said) is bool(text)
