"""Batches of tensors that are already in the memory of the training device."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


class Normalise:
    """Normalise pixels to zero mean and unit standard deviation in float32, channels last.

    Args:
        mean: [C] on the scale 0 to 255.
        std: [C] on the same scale, above 0.
    """

    def __init__(self, mean: Tensor, std: Tensor, *, device: torch.device) -> None:
        self._mean = mean.to(device).view(1, -1, 1, 1)
        self._factor = (1 / std).to(device).view(1, -1, 1, 1)

    def __call__(self, images: Tensor) -> Tensor:
        """Return [B, C, H, W] float32 for [B, C, H, W] uint8 or float, which is not changed."""
        floats = images.to(torch.float32, memory_format=torch.channels_last, copy=True)
        return floats.sub_(self._mean).mul_(self._factor)


def shuffled_batches(
    size: int, batch_size: int, *, generator: torch.Generator, device: torch.device
) -> Iterator[Tensor]:
    """Yield the indices of each batch of one epoch, in an order drawn from `generator`.

    Every image occurs once. The permutation is drawn on the CPU, so that it is the same on every
    device. The last batch may be smaller, or larger by one image: batch norm has no statistics of
    a single image, so a single last image joins the batch before it (unless `batch_size` is 1).
    """
    order = torch.randperm(size, generator=generator, pin_memory=device.type == "cuda")
    batches = list(order.to(device, non_blocking=True).split(batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1 < batch_size:
        batches[-2:] = [torch.cat(batches[-2:])]
    yield from batches
