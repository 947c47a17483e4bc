from __future__ import annotations

import pytest
import torch
from torch import nn

from tailor.training.step.averaging import MovingAverage


def test_follows_the_weights_with_the_decay_of_its_definition() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 3.0)
    expected = 3.0
    average = MovingAverage(model, decay=0.2)
    for updates, weight in enumerate([4.0, 8.0, -1.0, 0.5]):
        nn.init.constant_(model.weight, weight)
        average.update()
        decay = min(0.2, (1 + updates) / (10 + updates))  # 0.1, 2/11, then 0.2
        expected = decay * expected + (1 - decay) * weight
    assert average.network.weight.item() == pytest.approx(expected)  # type: ignore[operator]
    assert model.weight.item() == 0.5


def test_statistics_and_counters_of_norms_come_along() -> None:
    model = nn.BatchNorm1d(1)
    average = MovingAverage(model, decay=0.5)
    model(torch.tensor([[9.0], [11.0]]))
    average.update()
    assert model.running_mean is not None
    assert average.network.running_mean.item() == pytest.approx(  # type: ignore[operator]
        0.9 * model.running_mean.item()
    )
    assert average.network.num_batches_tracked == 1


def test_weights_that_two_layers_share_move_once() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    model[1].weight = model[0].weight
    nn.init.constant_(model[0].weight, 0.0)
    average = MovingAverage(model, decay=0.5)
    nn.init.constant_(model[0].weight, 1.0)
    average.update()  # with a decay of 0.1
    assert average.network[1].weight.item() == pytest.approx(0.9)  # type: ignore[index]


def test_goes_on_after_its_state_was_loaded() -> None:
    model = nn.Linear(2, 2)
    average, later = (MovingAverage(model, decay=0.9) for _ in range(2))
    for value in (1.0, 2.0, 3.0):
        nn.init.constant_(model.weight, value)
        average.update()
    later.load_state_dict(average.state_dict())
    nn.init.constant_(model.weight, 7.0)
    average.update()
    later.update()
    assert torch.equal(average.network.weight, later.network.weight)  # type: ignore[arg-type]
