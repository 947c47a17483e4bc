from __future__ import annotations

import pytest
import torch
from torch import nn

from tailor.augment import Augmentation, Flip, Shift
from tailor.models import Mlp
from tailor.training.tta import FlipAveraged, asked_once, averaged, warn_unless_mirrored

IMAGES = torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def mlp() -> Mlp:
    return Mlp(
        in_shape=[1, 4, 4],
        num_classes=3,
        num_layers=1,
        neurons=6,
        norm="none",
        activation="relu",
        dropout=0.0,
    )


def test_logits_are_the_mean_over_both_images_and_blind_to_the_side() -> None:
    network = mlp()
    both = FlipAveraged(network)
    torch.testing.assert_close(both(IMAGES), (network(IMAGES) + network(IMAGES.flip(-1))) / 2)
    torch.testing.assert_close(both(IMAGES), both(IMAGES.flip(-1)))


def test_the_head_of_the_features_is_the_logits() -> None:
    both = FlipAveraged(mlp())
    torch.testing.assert_close(both.head(both.features(IMAGES)), both(IMAGES))


def test_without_tta_the_network_is_itself() -> None:
    network = nn.Identity()
    assert averaged(network, tta=False) is network


@pytest.mark.parametrize("tta", [False, True])
def test_the_network_within(tta: bool) -> None:
    network = nn.Identity()
    assert asked_once(averaged(network, tta=tta)) is network


@pytest.mark.parametrize(
    ("steps", "warned"),
    [
        pytest.param([], True, id="nothing"),
        pytest.param([Shift(pixels=2), Flip(p=0)], True, id="never"),
        pytest.param([Shift(pixels=2), Flip(p=0.5)], False, id="flip"),
    ],
)
def test_mirror_images_that_training_does_not_show_are_warned_of(
    steps: list[Augmentation], warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    warn_unless_mirrored(steps)
    assert ("Add augment=flip" in caplog.text) == warned
