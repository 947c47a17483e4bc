from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tailor.data import LabelledImages
from tailor.errors import DataError
from tests.datasets import labelled

GOOD = labelled(8, num_classes=4)


def test_shape_and_length() -> None:
    assert len(GOOD) == 8
    assert GOOD.shape == (1, 5, 6)


def test_take_copies_in_the_order_given() -> None:
    taken = GOOD.take(torch.tensor([3, 1]))
    assert taken.targets.tolist() == [3, 1]
    taken.images.zero_()
    assert GOOD.images[3].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": GOOD.images.float()}, "must be uint8"),
        ({"images": GOOD.images[0]}, r"\[N, C, H, W\]"),
        ({"images": GOOD.images[:, :, :0]}, "at least one pixel"),
        ({"images": GOOD.images[:7]}, "7 images and 8 labels"),
        ({"targets": GOOD.targets.int()}, "targets must be int64"),
        ({"targets": GOOD.targets.view(2, 4)}, "in one dimension"),
        ({"targets": GOOD.targets - 1}, "labels from -1 to 2"),
        ({"classes": GOOD.classes[:3]}, r"0 to 2 \(there are 3 classes\), got labels from 0 to 3"),
        ({"classes": ("a", "b", "a", "c")}, "different names, got a twice"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        replace(GOOD, **change)


def test_no_images_are_refused() -> None:
    with pytest.raises(DataError, match="at least one image"):
        LabelledImages(GOOD.images[:0], GOOD.targets[:0], GOOD.classes)
