"""What every network promises, run on every network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tailor.errors import ModelError
from tailor.models import build_model

CNN: dict[str, Any] = {
    "_target_": "tailor.models.Cnn",
    "num_layers": 2,
    "neurons": 8,
    "growth": 1,
    "kernel_size": 3,
    "padding": "same",
    "pooling": "max",
    "norm": "batch",
    "activation": "relu",
    "dropout": 0.0,
    "head_layers": 1,
    "head_neurons": 16,
}
RESNET: dict[str, Any] = {
    "_target_": "tailor.models.ResNet",
    "num_layers": 2,
    "neurons": 4,
    "growth": 2,
    "norm": "batch",
    "activation": "relu",
    "dropout": 0.0,
    "head_pooling": "max",
    "head_scale": 0.125,
    "stem": "conv",
}
MLP: dict[str, Any] = {
    "_target_": "tailor.models.Mlp",
    "num_layers": 2,
    "neurons": 16,
    "norm": "batch",
    "activation": "relu",
    "dropout": 0.0,
}
FIXED = "stem.whiten.weight"
"""The only parameter that no network trains."""
NETWORKS = [
    pytest.param(CNN, id="cnn"),
    pytest.param({**CNN, "pooling": "avg", "norm": "none", "growth": 2}, id="cnn avg grown"),
    pytest.param({**CNN, "pooling": "stride", "norm": "group", "activation": "silu"}, id="stride"),
    pytest.param({**CNN, "padding": "valid", "head_layers": 0, "kernel_size": 5}, id="valid 5x5"),
    pytest.param({**CNN, "num_layers": 6, "head_layers": 2}, id="cnn deep"),
    pytest.param({**CNN, "neurons": [4, 6]}, id="cnn with widths"),
    pytest.param(RESNET, id="resnet"),
    pytest.param({**RESNET, "num_layers": 7, "neurons": 1, "head_pooling": "avg"}, id="deep"),
    pytest.param({**RESNET, "neurons": [4, 6], "norm": "none"}, id="resnet with widths"),
    pytest.param({**RESNET, "stem": "whitened"}, id="resnet whitened"),
    pytest.param(MLP, id="mlp"),
    pytest.param({**MLP, "neurons": [9, 5], "norm": "group", "dropout": 0.2}, id="mlp widths"),
]
SHAPES = [
    pytest.param([1, 28, 28], id="28x28 grey"),
    pytest.param([3, 20, 18], id="20x18 colour"),
]


def network(config: dict[str, Any], shape: list[int], *, seed: int = 0) -> nn.Module:
    return build_model(config, in_shape=shape, num_classes=7, seed=seed)


def parts_of(model: Any, images: Tensor) -> tuple[Tensor, Tensor]:
    return model.features(images), model.head(model.features(images))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({**MLP, "neurons": 8, "norm": "group"}, id="mlp"),
        pytest.param({**CNN, "head_neurons": 8, "norm": "group"}, id="head of a cnn"),
        pytest.param({**CNN, "num_layers": 4, "norm": "group"}, id="maps of one pixel"),
    ],
)
def test_group_norm_leaves_what_an_image_says(config: dict[str, Any]) -> None:
    logits = network(config, [1, 16, 16])(torch.randn(6, 1, 16, 16))
    assert len(logits.unique(dim=0)) == 6


def test_group_norm_of_a_single_unit_is_refused() -> None:
    with pytest.raises(ModelError, match=r"model\.norm=group.*2 neurons or more"):
        network({**MLP, "neurons": 1, "norm": "group"}, [1, 16, 16])


@pytest.mark.parametrize("config", NETWORKS)
@pytest.mark.parametrize("shape", SHAPES)
class TestNetwork:
    def test_logits_are_the_head_of_the_features(
        self, config: dict[str, Any], shape: list[int]
    ) -> None:
        model = network(config, shape).eval()
        images = torch.randn(4, *shape)
        features, logits = parts_of(model, images)
        assert features.ndim == 2
        assert logits.shape == (4, 7)
        assert torch.equal(model(images), logits)

    def test_every_parameter_gets_a_gradient(
        self, config: dict[str, Any], shape: list[int]
    ) -> None:
        model = network(config, shape)
        model(torch.randn(8, *shape)).square().sum().backward()
        for name, parameter in model.named_parameters():
            trained = parameter.grad is not None and parameter.grad.isfinite().all()
            assert bool(trained) is (name != FIXED), name

    def test_the_seed_alone_decides_the_weights(
        self, config: dict[str, Any], shape: list[int]
    ) -> None:
        state = torch.get_rng_state()
        first = network(config, shape).state_dict()
        assert torch.equal(torch.get_rng_state(), state)
        torch.manual_seed(99)
        again, other = network(config, shape), network(config, shape, seed=1)
        assert all(torch.equal(first[key], value) for key, value in again.state_dict().items())
        assert any(not torch.equal(first[key], value) for key, value in other.state_dict().items())

    def test_a_batch_of_one_can_be_evaluated(
        self, config: dict[str, Any], shape: list[int]
    ) -> None:
        assert network(config, shape).eval()(torch.randn(1, *shape)).shape == (1, 7)
