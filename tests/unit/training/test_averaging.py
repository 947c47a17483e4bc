from __future__ import annotations

import pytest
import torch
from torch import nn

from tailor.training.averaging import moving_average


def test_follows_the_weights_with_the_decay_of_its_definition() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = moving_average(model, decay=0.2)
    weights, expected = [4.0, 8.0, -1.0, 0.5], 4.0
    for updates, weight in enumerate(weights):
        nn.init.constant_(model.weight, weight)
        average.update_parameters(model)
        if updates > 0:  # the first update copies
            decay = min(0.2, (1 + updates) / (10 + updates))
            expected = decay * expected + (1 - decay) * weight
    assert average.module.weight.item() == pytest.approx(expected)


def test_statistics_and_counters_of_norms_come_along() -> None:
    model = nn.BatchNorm1d(2)
    average = moving_average(model, decay=0.9)
    for shift in (0.0, 5.0):
        model(torch.randn(8, 2) + shift)
        average.update_parameters(model)
    assert int(average.module.num_batches_tracked) == 2
    assert 0 < average.module.running_mean.mean() < model.running_mean.mean() + 1e-6
