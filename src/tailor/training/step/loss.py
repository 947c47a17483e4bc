"""What training minimises: cross-entropy, or a loss of the user's own."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tailor.addresses import build
from tailor.config import TrainingConfig
from tailor.data import class_weights

Loss = Callable[[Tensor, Tensor], Tensor]
"""Logits [B, K] and targets ([B] indices, or [B, K] probabilities) to a scalar."""


def build_loss(
    config: TrainingConfig, targets: Tensor, *, num_classes: int, device: torch.device
) -> Loss:
    """Return the loss that `config` describes.

    Args:
        config: `loss` names a callable of its own; without it, cross-entropy with
            `label_smoothing` and `class_weights`.
        targets: [N] class indices of the training split, which balanced weights are counted from.
        num_classes: K.
        device: where the logits will be.
    """
    if config.loss is not None:
        own: Loss = build("training.loss", config.loss)
        return own.to(device) if isinstance(own, torch.nn.Module) else own
    weight = None
    if config.class_weights == "balanced":
        weight = class_weights(targets, num_classes).to(device)

    def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(
            logits, targets, weight=weight, label_smoothing=config.label_smoothing
        )

    return cross_entropy
