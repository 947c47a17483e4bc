"""Predictions of a network for a split, and the inputs of its head."""

import pytest
import torch
from torch import nn

from analysis.read.predictions import evaluate
from tailor.data.batches import Normalise
from tailor.training import evaluate as training
from tailor.training.tta import averaged
from tests.datasets import labelled

CPU = torch.device("cpu")


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(30, 4)

    def features(self, images):
        return images.flatten(1)

    def forward(self, images):
        return self.head(self.features(images))


@pytest.mark.parametrize("tta", [False, True])
def test_the_head_turns_the_features_into_the_predictions(tta, monkeypatch):
    monkeypatch.setattr(training, "EVAL_BATCH", 16)  # the last of three is smaller
    images = labelled(40)
    model = averaged(Small(), tta=tta).eval()
    normalise = Normalise(torch.zeros(1), torch.full((1,), 255.0), device=CPU)
    evaluation = evaluate(model, images, normalise, CPU, with_features=True)
    assert evaluation.features.shape == (40, 30)
    logits = model.head(torch.from_numpy(evaluation.features))
    torch.testing.assert_close(
        logits.softmax(1).double(), torch.from_numpy(evaluation.probabilities), atol=1e-5, rtol=0
    )
    assert evaluate(model, images, normalise, CPU).features is None
