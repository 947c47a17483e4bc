"""Logits and losses of a network on images it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tailor.data.batches import Normalise
from tailor.data.images import LabelledImages

EVAL_BATCH = 250  # small enough for a CPU's cache, large enough to keep it busy


@dataclass(frozen=True)
class Score:
    """Accuracy as a fraction; loss as mean cross-entropy in nats."""

    accuracy: float
    loss: float


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor, normalise: Normalise) -> Tensor:
    """Return logits [N, K] for images [N, C, H, W] uint8 on the model's device.

    The model is left in the mode (training or evaluation) it was in.
    """
    training = model.training
    model.eval()
    try:
        return torch.cat([model(normalise(batch)) for batch in images.split(EVAL_BATCH)])
    finally:
        model.train(training)


def score(logits: Tensor, targets: Tensor) -> Score:
    """Score logits [N, K] against targets [N]."""
    return Score(
        accuracy=(logits.argmax(1) == targets).float().mean().item(),
        loss=F.cross_entropy(logits.float(), targets).item(),
    )


def evaluate(
    model: nn.Module, images: LabelledImages, normalise: Normalise, device: torch.device
) -> Score:
    """Score a network on a whole split."""
    logits = predict(model, images.images.to(device), normalise)
    return score(logits, images.targets.to(device))
