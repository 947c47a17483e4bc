"""The training loss: cross-entropy, or a custom loss."""

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
        config: `loss` names a custom callable; without it, cross-entropy with
            `label_smoothing` and `class_weights`.
        targets: [N] class indices of the training split, for balanced class weights.
        num_classes: K.
        device: of the logits.
    """
    if config.loss is not None:
        custom: Loss = build("training.loss", config.loss)
        return custom.to(device) if isinstance(custom, torch.nn.Module) else custom
    weight = None
    if config.class_weights == "balanced":
        weight = class_weights(targets, num_classes).to(device)

    def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(
            logits, targets, weight=weight, label_smoothing=config.label_smoothing
        )

    return cross_entropy
