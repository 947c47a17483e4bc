from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from tailor.data import class_weights
from tailor.data.balance import imbalance, imbalance_note
from tailor.errors import DataError

TARGETS = torch.tensor([0] * 12 + [1] * 3 + [2] * 5)


def test_equals_scikit_learns_balanced_weights() -> None:
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=TARGETS.numpy())
    assert torch.allclose(class_weights(TARGETS, 3), torch.from_numpy(theirs).float())


def test_weights_average_to_one_over_the_images() -> None:
    assert class_weights(TARGETS, 3)[TARGETS].mean().item() == pytest.approx(1)


def test_a_class_without_images_has_no_weight() -> None:
    with pytest.raises(DataError, match=r"got none of \[3\]"):
        class_weights(TARGETS, 4)


@pytest.mark.parametrize(("counts", "ratio"), [([5, 5], 1), ([12, 3], 4), ([1, 0], float("inf"))])
def test_imbalance(counts: list[int], ratio: float) -> None:
    assert imbalance(torch.tensor(counts)) == ratio


def test_only_a_large_imbalance_is_reported() -> None:
    assert imbalance_note(TARGETS[:15], ("a", "b")) == (
        "unequal classes: 'a' has 12 training images, 'b' has 3 (4.0 to 1). "
        "training.class_weights=balanced gives every class the same weight."
    )
    assert imbalance_note(torch.tensor([0, 0, 1]), ("a", "b")) is None
