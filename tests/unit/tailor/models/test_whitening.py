from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tailor.models import initialise
from tailor.models.build import MAX_VALUES
from tailor.models.whitening import WhitenedStem
from tailor.training.step.optimizer import build_optimizer

SGD = {"_target_": "torch.optim.SGD", "_partial_": True, "lr": 0.5, "weight_decay": 0.1}


def smooth_images(count: int = 200, channels: int = 1, side: int = 12) -> Tensor:
    """Images whose neighbouring pixels are alike, as in photographs: [N, C, side, side]."""
    noise = torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(0))
    return nn.functional.avg_pool2d(noise, 3, stride=1, padding=1)


def stem(channels: int = 1) -> WhitenedStem:
    return WhitenedStem(channels, 4, norm="batch", activation="relu")


@pytest.mark.parametrize("channels", [1, 3])
def test_patches_become_uncorrelated_with_equal_variance(channels: int) -> None:
    images = smooth_images(channels=channels)
    layer = stem(channels)
    layer.initialise_from(images)
    maps = layer.whiten(images)[:, : 9 * channels, 1:-1, 1:-1]  # without the padded border
    outputs = maps.transpose(0, 1).flatten(1)
    covariance = outputs @ outputs.T / outputs.shape[1]
    off_diagonal = covariance - covariance.diag().diag()
    assert off_diagonal.abs().max() < 1e-3
    shrunk = covariance.diag()
    assert ((shrunk > 0.5) & (shrunk < 1.001)).all()  # variance / (variance + EPSILON)


def test_each_filter_has_its_negative() -> None:
    layer = stem()
    layer.initialise_from(smooth_images())
    assert torch.equal(layer.whiten.weight[:9], -layer.whiten.weight[9:])


def test_the_filters_depend_on_the_images_alone() -> None:
    images = smooth_images()
    first, second = stem(), stem()
    first.initialise_from(images)
    second.initialise_from(images)
    assert torch.equal(first.whiten.weight, second.whiten.weight)
    second.initialise_from(images.flip(-2))
    assert not torch.equal(first.whiten.weight, second.whiten.weight)


def test_the_optimizer_leaves_the_filters_and_trains_the_rest() -> None:
    layer = stem()
    layer.initialise_from(smooth_images())
    before = {name: parameter.clone() for name, parameter in layer.named_parameters()}
    optimizer = build_optimizer(SGD, layer)
    layer(smooth_images()).square().sum().backward()
    optimizer.step()
    unchanged = {name for name, p in layer.named_parameters() if torch.equal(p, before[name])}
    assert unchanged == {"whiten.weight"}


@pytest.mark.parametrize("side", [1, 2, 12])
def test_images_of_any_size_and_constant_ones_are_admitted(side: int) -> None:
    for images in (smooth_images(side=side), torch.zeros(3, 1, side, side)):
        layer = stem()
        layer.initialise_from(images)
        assert torch.isfinite(layer.whiten.weight).all()
        assert torch.isfinite(layer(images)).all()


def test_many_images_are_sampled_evenly() -> None:
    seen = []

    class Layer(nn.Module):
        def initialise_from(self, images: Tensor) -> None:
            seen.append(images)

    images = torch.arange(4_000).view(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    initialise(nn.Sequential(Layer()), images, lambda sample: sample.float())
    (sample,) = seen
    assert sample.numel() <= MAX_VALUES
    assert sample[:, 0, 0, 0].tolist() == list(range(0, 4_000, 4))


def test_a_network_without_such_layers_costs_nothing() -> None:
    def fail(_: Tensor) -> Tensor:
        raise AssertionError

    initialise(nn.Linear(1, 1), torch.zeros(1, 1, 1, 1), fail)
