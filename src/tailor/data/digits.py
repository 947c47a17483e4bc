"""The 1,797 handwritten digits (8 x 8 pixels) that scikit-learn carries: no download."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from tailor.data.images import LabelledImages

TEST_FRACTION = 0.2  # 360 images; the set has no split of its own, so it is fixed here
TEST_SEED = 0


def digits(*, split: str) -> LabelledImages:
    """Return one part of a fixed stratified split into 1,437 training and 360 test images."""
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # 16 grey levels
    train, test = train_test_split(
        np.arange(len(bunch.target)),
        test_size=TEST_FRACTION,
        random_state=TEST_SEED,
        stratify=bunch.target,
    )
    chosen = train if split == "train" else test
    return LabelledImages(
        images=torch.from_numpy(pixels[chosen]).unsqueeze(1),
        targets=torch.from_numpy(bunch.target[chosen]).long(),
        classes=tuple(str(name) for name in bunch.target_names),
    )
