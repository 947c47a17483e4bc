from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tailor.errors import ModelError
from tailor.models import build_model


def build(name: str, shape: list[int], **changes: Any) -> Any:
    config = {"_target_": "tailor.models.TorchvisionModel", "name": name, **changes}
    return build_model(config, in_shape=shape, num_classes=5, seed=0)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("resnet18", {}, id="resnet18"),
        pytest.param("mobilenet_v3_small", {}, id="mobilenet_v3_small"),
        pytest.param("shufflenet_v2_x0_5", {}, id="shufflenet"),
        pytest.param("alexnet", {"image_size": 64}, id="alexnet, images scaled"),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_fits_the_channels_and_classes_at_hand(
    name: str, changes: dict[str, Any], channels: int
) -> None:
    model = build(name, [channels, 28, 28], **changes).eval()
    images = torch.randn(2, channels, 28, 28)
    features = model.features(images)
    assert features.shape == (2, model.head.in_features)
    assert torch.equal(model(images), model.head(features))
    assert model(images).shape == (2, 5)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_one_output_is_trained(name: str) -> None:
    model = build(name, [1, 28, 28], image_size=96)
    assert model.training
    assert model(torch.randn(2, 1, 28, 28)).shape == (2, 5)


def test_only_the_first_convolution_is_replaced() -> None:
    model = build("resnet18", [1, 28, 28])
    assert model.body.conv1.in_channels == 1
    assert model.body.conv1.out_channels == 64
    assert isinstance(model.body.fc, nn.Identity)
    assert model.training


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        pytest.param("resnet81", {}, r"got 'resnet81'\. There are: alexnet,", id="unknown"),
        pytest.param("resnet18", {"options": {"depth": 3}}, "refuses.*depth", id="option"),
        pytest.param("alexnet", {}, r"does not fit images of 28 x 28.*image_size=64", id="small"),
        pytest.param("squeezenet1_1", {}, "has no linear layer", id="no linear layer"),
    ],
)
def test_what_does_not_fit_is_a_paragraph(
    name: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        build(name, [1, 28, 28], **changes)
