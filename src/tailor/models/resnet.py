"""Small residual network, sized by two numbers: stages and channels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tailor.models import blocks
from tailor.models.whitening import WhitenedStem


def _convolution(
    in_channels: int, out_channels: int, *, pool: bool, norm: str, activation: str
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=norm == "none"),
        nn.MaxPool2d(2) if pool else nn.Identity(),
        blocks.norm(norm, out_channels, ndim=2),
        blocks.activation(activation),
    )


class Residual(nn.Module):
    """Two convolutions whose output is added to their input."""

    def __init__(self, channels: int, *, norm: str, activation: str) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *(
                _convolution(channels, channels, pool=False, norm=norm, activation=activation)
                for _ in range(2)
            )
        )

    def forward(self, maps: Tensor) -> Tensor:
        sums: Tensor = maps + self.branch(maps)
        return sums


class ResNet(nn.Module):
    """A stem of `neurons` channels, `num_layers` residual stages, one pooled map, a linear head.

    A stage is a convolution that multiplies the channels by `growth` and pools if the map is
    larger than 1 x 1, and a residual block of two convolutions.

    Args:
        in_shape: channels, height and width of an image.
        num_classes: K, the length of the logits.
        num_layers: stages, 1 or more.
        neurons: channels of the stem, or a list with the channels of each stage (the stem then
            has half of the first).
        growth: factor on the channels per stage; ignored for a list of `neurons`.
        norm: `batch`, `group` or `none`.
        activation: `relu`, `gelu` or `silu`.
        dropout: probability of dropping a feature before the head.
        head_pooling: `max` or `avg`, of the last map.
        head_scale: factor on the logits.
        stem: `conv`, or `whitened` (`WhitenedStem`).

    Source: the nine-layer network of D. Page 2018, "How to train your ResNet", generalised.
    """

    def __init__(
        self,
        *,
        in_shape: Sequence[int],
        num_classes: int,
        num_layers: int,
        neurons: int | list[int],
        growth: float,
        norm: str,
        activation: str,
        dropout: float,
        head_pooling: str,
        head_scale: float,
        stem: str,
    ) -> None:
        super().__init__()
        in_channels, height, width = in_shape
        if isinstance(neurons, int):
            channels = neurons
            stages = [round(neurons * growth**stage) for stage in range(1, num_layers + 1)]
        else:
            channels = max(1, neurons[0] // 2)
            stages = neurons
        self.stem: nn.Module = (
            WhitenedStem(in_channels, channels, norm=norm, activation=activation)
            if stem == "whitened"
            else _convolution(in_channels, channels, pool=False, norm=norm, activation=activation)
        )
        stack: list[nn.Module] = []
        for stage in stages:
            pool = height > 1 and width > 1
            stack += [
                _convolution(channels, stage, pool=pool, norm=norm, activation=activation),
                Residual(stage, norm=norm, activation=activation),
            ]
            if pool:
                height, width = height // 2, width // 2
            channels = stage
        self.stages = nn.Sequential(*stack)
        self.pool = nn.AdaptiveMaxPool2d(1) if head_pooling == "max" else nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.head = ScaledLinear(channels, num_classes, scale=head_scale)

    def features(self, images: Tensor) -> Tensor:
        """Return the input of the head, [B, F], for images [B, C, H, W] float."""
        pooled: Tensor = self.dropout(self.pool(self.stages(self.stem(images))).flatten(1))
        return pooled

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits


class ScaledLinear(nn.Linear):
    """A linear layer whose output is multiplied by a fixed `scale`."""

    def __init__(self, in_features: int, out_features: int, *, scale: float) -> None:
        super().__init__(in_features, out_features)
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(features) * self.scale
