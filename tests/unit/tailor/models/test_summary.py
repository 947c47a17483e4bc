"""The layer table against arithmetic done by hand."""

import pytest
import torch
from torch import nn

from tailor.errors import ModelError
from tailor.models import Cnn, Mlp
from tailor.models.summary import summarise
from tailor.models.vision import TorchvisionModel


def cnn(**changes):
    settings = {
        "in_shape": (1, 28, 28),
        "num_classes": 10,
        "num_layers": 3,
        "neurons": 4,
        "growth": 1,
        "kernel_size": 3,
        "padding": "same",
        "pooling": "max",
        "norm": "none",
        "activation": "relu",
        "dropout": 0.0,
        "head_layers": 1,
        "head_neurons": 16,
    }
    return Cnn(**{**settings, **changes})


def test_parameters_and_multiply_adds_are_those_of_the_arithmetic():
    summary = summarise(cnn(), (1, 28, 28))
    convolutions = (9 * 1 * 4 + 4) + 2 * (9 * 4 * 4 + 4)
    dense = (4 * 3 * 3 * 16 + 16) + (16 * 10 + 10)
    assert summary.parameters == convolutions + dense
    assert sum(layer.parameters for layer in summary.layers) == summary.parameters
    work = 28 * 28 * 9 * 1 * 4 + 14 * 14 * 9 * 4 * 4 + 7 * 7 * 9 * 4 * 4 + 36 * 16 + 16 * 10
    assert summary.multiply_adds == work
    assert summary.convolutions == 3


def test_features_into_the_head_come_with_their_arithmetic():
    summary = summarise(cnn(), (1, 28, 28))
    assert summary.last_map == (4, 3, 3)  # 28 -> 14 -> 7 -> 3
    assert summary.head_in == 16
    assert summary.head_arithmetic == (
        "4 channels x 3 x 3 pixels = 36 features, then a dense layer of 16 units"
    )


@pytest.mark.parametrize(
    ("changes", "padding", "pooling"),
    [
        pytest.param({}, "same", ("max 2 x 2",), id="same, max"),
        pytest.param({"padding": "valid"}, "valid", ("max 2 x 2",), id="valid"),
        pytest.param({"pooling": "avg"}, "same", ("average 2 x 2",), id="average"),
        pytest.param({"pooling": "stride"}, "same", ("convolution with stride 2",), id="stride"),
    ],
)
def test_padding_and_pooling_are_named(changes, padding, pooling):
    summary = summarise(cnn(**changes), (1, 28, 28))
    assert (summary.padding, summary.pooling) == (padding, pooling)


def test_a_dense_network_starts_from_the_pixels():
    model = Mlp(
        in_shape=(3, 8, 8),
        num_classes=5,
        num_layers=2,
        neurons=[32, 16],
        norm="batch",
        activation="relu",
        dropout=0.1,
    )
    summary = summarise(model, (3, 8, 8))
    assert (summary.convolutions, summary.padding, summary.pooling) == (0, "none", ())
    assert summary.head_arithmetic == (
        "3 channels x 8 x 8 pixels = 192 features, then a dense layer of 32 units, "
        "then a dense layer of 16 units"
    )


class GloballyPooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 6, 3)
        self.head = nn.Linear(6, 2)

    def forward(self, images):
        return self.head(self.convolution(images).amax((2, 3)))


def test_pooling_inside_forward_is_seen_by_what_enters_the_head():
    summary = summarise(GloballyPooled(), (1, 8, 8))
    assert summary.padding == "valid"
    assert summary.pooling == ("global",)
    assert summary.head_arithmetic == (
        "6 channels of 6 x 6 pixels, each pooled to one number = 6 features"
    )


def test_the_network_stays_as_it_was():
    model = cnn(norm="batch").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    summarise(model, (1, 28, 28))
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_network_without_a_head_is_refused():
    with pytest.raises(ModelError, match="needs `head`"):
        summarise(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.GRU(8, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, images):
        return self.head(self.rows(images[:, 0])[0][:, -1])


def test_a_layer_that_returns_several_tensors():
    summary = summarise(Recurrent(), (1, 4, 8))
    assert [layer.kind for layer in summary.layers] == ["GRU", "Linear"]
    assert summary.parameters == 3 * 5 * (8 + 5 + 2) + 5 * 3 + 3
    assert summary.head_in == 5


def test_a_network_that_refuses_a_single_image():
    class Several(Recurrent):
        def forward(self, images):
            return super().forward(images - images.new_zeros(2, 1, 4, 7))

    with pytest.raises(ModelError, match="the forward pass of Several fails on one image: The"):
        summarise(Several(), (1, 4, 8))


def test_the_attention_of_a_transformer_is_counted():
    """vit_b_16 on 64 x 64 pixels: 16 patches and the class token, 12 blocks of width 768."""
    options = {"image_size": 64}
    model = TorchvisionModel(
        in_shape=(1, 64, 64), num_classes=10, name="vit_b_16", options=options
    )
    summary = summarise(model, (1, 64, 64))
    tokens, width, hidden = 16 + 1, 768, 3072
    projections = tokens * width * (3 * width + width + 2 * hidden)
    attention = 2 * tokens * tokens * width
    patches = 16 * width * 16 * 16
    assert summary.multiply_adds == patches + 12 * (projections + attention) + width * 10
    assert (summary.padding, summary.pooling) == ("patches", ("convolution with stride 16",))
    assert summary.head_arithmetic == "768 features"
    assert summary.last_map is None
    assert summary.multiply_adds_outside_layers > 12 * attention


def test_windowed_attention_is_counted_and_has_no_chain_of_dense_layers():
    """swin_t's first block on 64 x 64 pixels: 16 x 16 patches in windows of 7 x 7."""
    model = TorchvisionModel(in_shape=(1, 64, 64), num_classes=10, name="swin_t")
    summary = summarise(model, (1, 64, 64))
    assert summary.head_arithmetic == "768 features"
    # Padded to 21 x 21 patches: queries, keys and values, two products in each window, output.
    first_attention = 21 * 21 * 96 * (3 * 96 + 2 * 49 + 96)
    assert summary.multiply_adds_outside_layers > 2 * first_attention
