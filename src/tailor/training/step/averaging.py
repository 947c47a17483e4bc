"""Moving average of a network's weights over the steps of a run."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn


class MovingAverage:
    """Moving average of a network's weights; evaluate `network`.

    After n updates the decay is the smaller of `decay` and (1 + n) / (10 + n): the random
    first weights are soon forgotten, even in a short run. Running statistics of batch norm are
    averaged like weights, counters are copied. Updates do not wait for the device.

    Args:
        source: the network in training, on its device.
        decay: share of the average that an update keeps, in [0, 1).

    Source: the warm-up is that of TensorFlow's ExponentialMovingAverage.
    """

    def __init__(self, source: nn.Module, *, decay: float) -> None:
        self.network = copy.deepcopy(source).requires_grad_(False)
        self._decay = decay
        self._updates = 0
        averages, sources = self.network.state_dict(), source.state_dict()
        # Weights that two layers share occur twice in it, but are updated once.
        unique_keys = {sources[key].data_ptr(): key for key in sources}.values()
        pairs = [(averages[key], sources[key]) for key in unique_keys]
        self._smoothed = [pair for pair in pairs if pair[0].is_floating_point()]
        self._copied = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the source; call after each step."""
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        averages, sources = zip(*self._smoothed, strict=True)
        torch._foreach_lerp_(averages, sources, 1 - decay)
        for average, source in self._copied:
            average.copy_(source)
        self._updates += 1

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "updates": self._updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self._updates = state["updates"]
