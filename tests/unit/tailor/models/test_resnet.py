from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tailor.models import ResNet, initialise
from tailor.models.resnet import Residual


def resnet(**changes: Any) -> ResNet:
    arguments: dict[str, Any] = {
        "in_shape": [1, 28, 28],
        "num_classes": 10,
        "num_layers": 3,
        "neurons": 4,
        "growth": 2,
        "norm": "batch",
        "activation": "relu",
        "dropout": 0.0,
        "head_pooling": "max",
        "head_scale": 0.125,
        "stem": "conv",
    }
    return ResNet(**{**arguments, **changes})


def test_a_stage_doubles_the_channels_and_has_three_convolutions() -> None:
    widths = [m.out_channels for m in resnet().modules() if isinstance(m, nn.Conv2d)]
    assert widths == [4, 8, 8, 8, 16, 16, 16, 32, 32, 32]


def test_widths_from_a_list_are_those_of_the_stages() -> None:
    model = resnet(neurons=[6, 10, 12])
    widths = [m.out_channels for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert widths == [3, 6, 6, 6, 10, 10, 10, 12, 12, 12]


def test_a_silent_branch_leaves_the_map_as_it_is() -> None:
    block = Residual(3, norm="none", activation="relu")
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    maps = torch.randn(2, 3, 5, 5)
    assert torch.equal(block(maps), maps)


def test_the_scale_multiplies_the_logits() -> None:
    images = torch.randn(2, 1, 28, 28)
    small, large = resnet().eval(), resnet(head_scale=1).eval()
    large.load_state_dict(small.state_dict())
    torch.testing.assert_close(small(images) * 8, large(images))


def test_a_whitened_stem_is_restored_with_the_weights() -> None:
    model, restored = resnet(stem="whitened"), resnet(stem="whitened")
    initialise(model, torch.randn(50, 1, 28, 28), lambda images: images)
    restored.load_state_dict(model.state_dict())
    assert torch.equal(restored.stem.whiten.weight, model.stem.whiten.weight)  # type: ignore[union-attr]
