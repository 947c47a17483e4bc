from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from tailor.data.split import held_out_indices, split_indices, subset_indices
from tailor.errors import DataError

TARGETS = torch.arange(1000) % 10


@pytest.mark.parametrize("stratify", [True, False])
def test_equals_scikit_learns(stratify: bool) -> None:
    train, val = split_indices(TARGETS, val_fraction=0.2, seed=13, stratify=stratify)
    theirs = train_test_split(
        np.arange(1000),
        test_size=0.2,
        random_state=13,
        stratify=TARGETS.numpy() if stratify else None,
    )
    assert [train.tolist(), val.tolist()] == [sorted(part.tolist()) for part in theirs]


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(20, 60), min_size=2, max_size=6),
    percent=st.integers(10, 90),
    seed=st.integers(0, 2**32 - 1),
)
def test_laws_of_a_split(counts: list[int], percent: int, seed: int) -> None:
    val_fraction = percent / 100
    targets = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    train, val = split_indices(targets, val_fraction=val_fraction, seed=seed)
    both = torch.cat([train, val])
    assert sorted(both.tolist()) == list(range(len(targets)))
    assert torch.equal(train, train.sort().values)
    for index, count in enumerate(counts):
        held_back = int((targets[val] == index).sum())
        assert abs(held_back - len(val) * count / len(targets)) < 1 + 1e-9
    again = split_indices(targets, val_fraction=val_fraction, seed=seed)
    assert torch.equal(again[1], val)


def test_another_seed_is_another_split() -> None:
    first, second = (split_indices(TARGETS, val_fraction=0.2, seed=seed)[1] for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("stratify", [True, False])
def test_a_class_of_one_image_is_named(stratify: bool) -> None:
    with pytest.raises(DataError, match=r"data\.val_fraction=0\.5.*image of class 'bee'"):
        split_indices(
            torch.tensor([0, 0, 0, 1]),
            val_fraction=0.5,
            seed=0,
            stratify=stratify,
            classes=["ant", "bee"],
        )


RARE = torch.tensor([0] * 998 + [1] * 2)
SEED = 1


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize(("fraction", "side"), [(0.2, "validation"), (0.8, "training")])
def test_a_rare_class_that_one_side_would_lack(fraction: float, side: str, stratify: bool) -> None:
    """Scikit-learn takes both images to one side here, stratified or not."""
    with pytest.raises(DataError, match=rf"no {side} image of class 'b' \(2 in all\)") as caught:
        split_indices(
            RARE, val_fraction=fraction, seed=SEED, stratify=stratify, classes=["a", "b"]
        )
    assert ("data.stratify=true" in str(caught.value)) is not stratify


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("fraction", "side"), [(0.2, "test"), (0.8, "training")])
def test_a_rare_class_that_cannot_be_held_out(fraction: float, side: str, split: str) -> None:
    with pytest.raises(DataError, match=rf"no {side} image of class 1 \(2 in all\)"):
        held_out_indices(RARE, split=split, fraction=fraction, seed=SEED)


def test_held_out_sides_share_nothing() -> None:
    train, test = (
        held_out_indices(TARGETS, split=split, fraction=0.3, seed=5) for split in ("train", "test")
    )
    assert sorted(train.tolist() + test.tolist()) == list(range(1000))
    assert torch.bincount(TARGETS[test]).tolist() == [30] * 10


@pytest.mark.parametrize("fraction", [1.5, 0.0, 20, True, None, math.nan])
def test_a_test_fraction_that_is_none(fraction: Any) -> None:
    with pytest.raises(DataError, match=rf"`data\.source\.test_fraction` must.*got {fraction}"):
        held_out_indices(TARGETS, split="test", fraction=fraction, seed=0)


@pytest.mark.parametrize("seed", [None, -1, 0.5])
def test_a_seed_of_the_test_split_that_draws_at_random(seed: Any) -> None:
    with pytest.raises(DataError, match=rf"`data\.source\.test_seed` must.*got {seed}"):
        held_out_indices(TARGETS, split="test", fraction=0.3, seed=seed)


@pytest.mark.parametrize("size", [10, 100, 999, 1000])
def test_a_subset_keeps_shares(size: int) -> None:
    chosen = subset_indices(TARGETS, size=size, seed=3)
    assert len(set(chosen.tolist())) == size
    counts = torch.bincount(TARGETS[chosen])
    assert counts.max() - counts.min() <= 1
    assert torch.equal(chosen, subset_indices(TARGETS, size=size, seed=3))


@pytest.mark.parametrize(
    ("size", "message"),
    [(0, "in 1 to 1000"), (1001, "in 1 to 1000"), (5, "would leave 5 of 10 classes .*: 'c[0-9]'")],
)
def test_a_subset_that_is_not_possible(size: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        subset_indices(TARGETS, size=size, seed=0, classes=[f"c{index}" for index in range(10)])
