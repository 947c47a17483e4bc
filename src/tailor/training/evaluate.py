"""Evaluating a network: logits, loss, accuracy, confusion."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tailor.data.batches import Normalise
from tailor.data.images import LabelledImages

EVAL_BATCH = 250
"""Images per batch: few enough for a CPU's cache, enough to keep it busy."""


@dataclass(frozen=True)
class Score:
    """Accuracy as a fraction; loss as mean cross-entropy in nats; confusion as counts.

    Row i of `confusion` [K, K] holds the images of class i by predicted class.
    """

    accuracy: float
    loss: float
    confusion: Tensor = field(compare=False, repr=False)


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor, normalise: Normalise) -> Tensor:
    """Return logits [N, K] for images [N, C, H, W] uint8 on the model's device.

    The model's mode (training or evaluation) is restored.
    """
    training = model.training
    model.eval()
    try:
        return torch.cat([model(normalise(batch)) for batch in images.split(EVAL_BATCH)])
    finally:
        model.train(training)


def score(logits: Tensor, targets: Tensor) -> Score:
    """Score logits [N, K] against targets [N]."""
    predicted, num_classes = logits.argmax(1), logits.shape[1]
    pairs = torch.bincount(targets * num_classes + predicted, minlength=num_classes**2)
    return Score(
        accuracy=int((predicted == targets).sum()) / len(targets),  # exact, not float32
        loss=F.cross_entropy(logits.float(), targets).item(),
        confusion=pairs.reshape(num_classes, num_classes),
    )


def evaluate(
    model: nn.Module, images: LabelledImages, normalise: Normalise, device: torch.device
) -> Score:
    """Score a network on a whole split."""
    logits = predict(model, images.images.to(device), normalise)
    return score(logits, images.targets.to(device))
