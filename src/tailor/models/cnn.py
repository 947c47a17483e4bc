"""Convolutional network sized by two numbers: blocks and channels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tailor.errors import ModelError
from tailor.models import blocks


class Cnn(nn.Module):
    """`num_layers` blocks of convolution, pooling, normalisation and activation; a dense head.

    A block pools only if its map is larger than 1 x 1, so any depth fits any image.

    Args:
        in_shape: channels, height and width of an image.
        num_classes: K, the length of the logits.
        num_layers: blocks before the head, 1 or more.
        neurons: channels of a block, or a list with one number per block.
        growth: factor on the channels after each block that pools; unused for a list of `neurons`.
        kernel_size: odd side of the kernels, in pixels.
        padding: `same` or `valid`.
        pooling: `max`, `avg`, or `stride` (the convolution itself steps by two).
        norm: `batch`, `group` or `none`.
        activation: `relu`, `gelu` or `silu`.
        dropout: probability of dropping a feature before each linear layer.
        head_layers: dense layers between the features and the final linear layer.
        head_neurons: units of each dense layer.

    Raises:
        ModelError: with `padding=valid`, a kernel is larger than its input map.
    """

    def __init__(
        self,
        *,
        in_shape: Sequence[int],
        num_classes: int,
        num_layers: int,
        neurons: int | list[int],
        growth: float,
        kernel_size: int,
        padding: str,
        pooling: str,
        norm: str,
        activation: str,
        dropout: float,
        head_layers: int,
        head_neurons: int,
    ) -> None:
        super().__init__()
        channels, height, width = in_shape
        border = kernel_size // 2 if padding == "same" else 0
        factor = 1.0
        stack: list[nn.Module] = []
        for index, base in enumerate(blocks.widths(neurons, num_layers)):
            if min(height, width) + 2 * border < kernel_size:
                raise ModelError(
                    f"block {index + 1} of {num_layers} has an input map of {height} x {width} "
                    f"pixels, too small for a kernel of {kernel_size} x {kernel_size} with "
                    "model.padding=valid. Use model.padding=same or fewer layers."
                )
            out_channels = round(base * factor)
            pools = height > 1 and width > 1
            stride = 2 if pools and pooling == "stride" else 1
            convolution = nn.Conv2d(
                channels,
                out_channels,
                kernel_size,
                stride=stride,
                padding=border,
                bias=norm == "none",
            )
            stack.append(convolution)
            height, width = (
                (side + 2 * border - kernel_size) // stride + 1 for side in (height, width)
            )
            # Pooling before normalisation: norm and activation then have a quarter of the work.
            if pooling != "stride" and height > 1 and width > 1:
                stack.append(nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2))
                height, width = height // 2, width // 2
            stack += [blocks.norm(norm, out_channels, ndim=2), blocks.activation(activation)]
            if pools and isinstance(neurons, int):
                factor *= growth
            channels = out_channels
        self.blocks = nn.Sequential(*stack, nn.Flatten())
        size = channels * height * width
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        for _ in range(head_layers):
            layers.append(
                blocks.dense(
                    size,
                    head_neurons,
                    norm_name=norm,
                    activation_name=activation,
                    dropout=dropout,
                )
            )
            size = head_neurons
        self.dense = nn.Sequential(*layers)
        self.head = nn.Linear(size, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """Return the input of the head, [B, F], for images [B, C, H, W] float."""
        features: Tensor = self.dense(self.blocks(images))
        return features

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits
