from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tailor.errors import ModelError
from tailor.models import Cnn


def cnn(**changes: Any) -> Cnn:
    arguments: dict[str, Any] = {
        "in_shape": [1, 28, 28],
        "num_classes": 10,
        "num_layers": 3,
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
    return Cnn(**{**arguments, **changes})


def map_sizes(model: nn.Module, shape: tuple[int, ...]) -> list[int]:
    """Height of the map after each activation of the blocks."""
    sizes: list[int] = []
    hooks = [
        module.register_forward_hook(lambda _, __, output: sizes.append(output.shape[2]))
        for module in model.blocks  # type: ignore[union-attr]
        if isinstance(module, nn.ReLU)
    ]
    model.eval()(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return sizes


@pytest.mark.parametrize(
    ("num_layers", "sizes"),
    [
        pytest.param(1, [14], id="one"),
        pytest.param(3, [14, 7, 3], id="three"),
        pytest.param(5, [14, 7, 3, 1, 1], id="five: the last map is not pooled"),
    ],
)
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_a_block_pools_while_the_map_is_larger_than_one(
    num_layers: int, sizes: list[int], pooling: str
) -> None:
    assert map_sizes(cnn(num_layers=num_layers, pooling=pooling), (1, 28, 28)) == sizes


def test_strided_convolutions_halve_rounding_up() -> None:
    sizes = map_sizes(cnn(num_layers=6, pooling="stride"), (1, 28, 28))
    assert sizes == [14, 7, 4, 2, 1, 1]


def test_growth_multiplies_channels_after_blocks_that_pool() -> None:
    model = cnn(num_layers=6, growth=2)
    widths = [m.out_channels for m in model.blocks if isinstance(m, nn.Conv2d)]
    assert widths == [8, 16, 32, 64, 128, 128]


def test_widths_from_a_list_are_taken_as_they_are() -> None:
    model = cnn(neurons=[4, 9, 5], growth=2)
    assert [m.out_channels for m in model.blocks if isinstance(m, nn.Conv2d)] == [4, 9, 5]


def test_a_bias_where_no_norm_follows() -> None:
    for norm, has_bias in (("batch", False), ("none", True)):
        convolutions = [m for m in cnn(norm=norm).blocks if isinstance(m, nn.Conv2d)]
        assert [m.bias is not None for m in convolutions] == [has_bias] * 3


@pytest.mark.parametrize(("head_layers", "features"), [(0, 8 * 3 * 3), (2, 16)])
def test_dense_layers_before_the_head(head_layers: int, features: int) -> None:
    model = cnn(head_layers=head_layers)
    assert model.head.in_features == features
    assert len([m for m in model.dense.modules() if isinstance(m, nn.Linear)]) == head_layers


def test_a_kernel_larger_than_its_map_is_refused() -> None:
    with pytest.raises(ModelError, match=r"block 3 of 3 has an input map of 4 x 4 pixels.*5 x 5"):
        cnn(padding="valid", kernel_size=5)
