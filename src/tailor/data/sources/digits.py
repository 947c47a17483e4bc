"""The 1,797 handwritten digits (8 x 8 pixels) of scikit-learn, which need no download."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import torch

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.split import held_out_images

TEST_FRACTION = 0.2  # 360 images; the dataset has no published split, so it is fixed here
TEST_SEED = 0


def digits(*, split: str) -> LabelledImages:
    """Return one part of a fixed stratified split into 1,437 training and 360 test images."""
    # The library's version stands for its file: to find the file, the library is imported.
    return cached(
        f"digits-{split}",
        files=(),
        settings={
            "scikit-learn": version("scikit-learn"),
            "test": [TEST_FRACTION, TEST_SEED],
            "split": split,
        },
        decode=lambda: held_out_images(
            _all(), split=split, fraction=TEST_FRACTION, seed=TEST_SEED
        ),
    )


def _all() -> LabelledImages:
    from sklearn.datasets import load_digits  # takes two seconds to import

    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # 16 grey levels
    return LabelledImages(
        images=torch.from_numpy(pixels).unsqueeze(1),
        targets=torch.from_numpy(bunch.target).long(),
        classes=tuple(str(name) for name in bunch.target_names),
    )
