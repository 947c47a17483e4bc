"""Moving average of the weights over the steps of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def moving_average(model: nn.Module, *, decay: float) -> AveragedModel:
    """Return a copy of `model` whose `update_parameters` moves it towards the model.

    After n updates the decay is the smaller of `decay` and (1 + n) / (10 + n): the first weights,
    which are noise, are soon forgotten also in a short run. Running statistics of batch norm are
    averaged like weights.

    Source: the warm-up is that of TensorFlow's ExponentialMovingAverage.
    """
    return AveragedModel(model, multi_avg_fn=_warm_average(decay), use_buffers=True)


def _warm_average(decay: float) -> Callable[[Any, Any, Tensor | int], None]:
    @torch.no_grad()
    def update(average: list[Tensor], current: list[Tensor], updates: Tensor | int) -> None:
        if not average[0].is_floating_point():  # counters of batch norm
            for old, new in zip(average, current, strict=True):
                old.copy_(new)
            return
        step = int(updates)
        torch._foreach_lerp_(average, current, 1 - min(decay, (1 + step) / (10 + step)))

    return update
