"""Augmented copies of a training image."""

from dataclasses import replace

import numpy as np
import torch

from analysis.read.augmented import augmented_copies
from tailor.data import LabelledImages
from tests.unit.analysis.made_up import config

STEPS = {
    "flip": {"_target_": "tailor.augment.Flip", "p": 1.0},
    "mixup": {"_target_": "tailor.augment.Mixup", "alpha": 0.2},
}


def training_images(size=40):
    images = torch.arange(size * 16).reshape(size, 1, 4, 4) % 256
    return LabelledImages(images.byte(), torch.arange(size) % 2, ("a", "b"))


def test_without_augmentation_there_are_no_copies():
    assert augmented_copies(config(), training_images(), copies=3) is None


def test_the_original_is_first_and_copies_are_changed_as_in_training():
    images = training_images()
    flipped = replace(config(), augment={"flip": STEPS["flip"]})
    copies = augmented_copies(flipped, images, copies=3)
    assert copies.shape == (4, 1, 4, 4)
    assert copies.dtype == np.uint8
    assert (copies[0] == images.images[0].numpy()).all()
    assert (copies[1:] == copies[0][..., ::-1]).all()
    both = replace(config(), augment=STEPS)
    assert augmented_copies(both, training_images(1), copies=2).shape == (3, 1, 4, 4)
