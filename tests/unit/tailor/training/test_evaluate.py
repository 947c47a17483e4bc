from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tailor.data.batches import Normalise
from tailor.training import evaluate
from tailor.training.evaluate import predict, score

CPU = torch.device("cpu")


def test_score_of_known_logits() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 0.0]])
    result = score(logits, torch.tensor([0, 1, 1, 0]))
    losses = [
        math.log(1 + math.exp(-2)),
        math.log(1 + math.exp(-1)),
        math.log(1 + math.exp(3)),
        math.log(2),
    ]
    assert result.accuracy == pytest.approx(3 / 4)
    assert result.loss == pytest.approx(sum(losses) / 4)
    assert result.confusion.tolist() == [[2, 0], [1, 1]]


def test_predictions_do_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randint(0, 256, (7, 1, 2, 2), dtype=torch.uint8)
    normalise = Normalise(torch.tensor([120.0]), torch.tensor([70.0]), device=CPU)
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3))
    whole = predict(model, images, normalise)
    monkeypatch.setattr(evaluate, "EVAL_BATCH", 3)
    torch.testing.assert_close(predict(model, images, normalise), whole)
    assert whole.shape == (7, 3)
    assert model.training
    assert int(model[1].num_batches_tracked) == 0  # type: ignore[arg-type]


def test_accuracy_is_an_exact_fraction():
    targets = torch.zeros(12_000, dtype=torch.int64)
    logits = torch.tensor([1.0, 0.0]).repeat(12_000, 1)
    logits[11_003:] = torch.tensor([0.0, 1.0])
    assert score(logits, targets).accuracy == 11_003 / 12_000
