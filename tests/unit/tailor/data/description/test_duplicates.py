from __future__ import annotations

from dataclasses import replace

import torch

from tailor.data.description.duplicates import find_duplicates
from tests.datasets import labelled


def test_none_among_different_images() -> None:
    found = find_duplicates({"train": labelled(40, seed=1), "test": labelled(40, seed=2)})
    assert found.groups == ()
    assert (found.within("train"), found.across("train", "test"), found.conflicting) == (0, 0, 0)


def test_within_and_across_splits() -> None:
    whole = labelled(40, num_classes=4)
    train = whole.take(torch.tensor([0, 1, 2, 2, 2, 3]))
    val = whole.take(torch.tensor([1, 4, 5]))
    test = whole.take(torch.tensor([2, 2, 6]))
    test = replace(test, targets=(test.targets + 1) % 4)
    found = find_duplicates({"train": train, "val": val, "test": test})
    assert set(found.groups) == {
        (("train", 1), ("val", 0)),
        (("train", 2), ("train", 3), ("train", 4), ("test", 0), ("test", 1)),
    }
    assert found.conflicting == 1
    assert found.as_dict(("train", "val", "test")) == {
        "within": {"train": 2, "val": 0, "test": 1},
        "across": {"train and val": 1, "train and test": 2, "val and test": 0},
        "conflicting_labels": 1,
    }
