"""Fully connected network on the flattened image."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from tailor.models import blocks


class Mlp(nn.Module):
    """`num_layers` dense blocks of `neurons` units, then a linear head.

    Args:
        in_shape: channels, height and width of an image.
        num_classes: K, the length of the logits.
        num_layers: blocks before the head, 1 or more.
        neurons: units of a block, or a list with one number per block.
        norm: `batch`, `group` or `none`.
        activation: `relu`, `gelu` or `silu`.
        dropout: probability of dropping a unit of a block.
    """

    def __init__(
        self,
        *,
        in_shape: Sequence[int],
        num_classes: int,
        num_layers: int,
        neurons: int | list[int],
        norm: str,
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__()
        size = prod(in_shape)
        stack: list[nn.Module] = [nn.Flatten()]
        for units in blocks.widths(neurons, num_layers):
            stack.append(
                blocks.dense(
                    size, units, norm_name=norm, activation_name=activation, dropout=dropout
                )
            )
            size = units
        self.blocks = nn.Sequential(*stack)
        self.head = nn.Linear(size, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """Return the input of the head, [B, F], for images [B, C, H, W] float."""
        features: Tensor = self.blocks(images)
        return features

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits
