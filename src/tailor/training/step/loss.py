"""The training loss: cross-entropy, or a custom loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from tailor.addresses import build
from tailor.config import TrainingConfig
from tailor.data import class_weights
from tailor.errors import TrainingError

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

    Raises:
        ConfigError: `loss` cannot be built. When called, the loss raises TrainingError if a custom
            callable refuses logits and targets of these shapes, or returns no scalar.
    """
    if config.loss is not None:
        custom: Loss = build("training.loss", config.loss)
        if isinstance(custom, torch.nn.Module):
            custom = custom.to(device)
        return partial(_scalar, custom)
    weight = None
    if config.class_weights == "balanced":
        weight = class_weights(targets, num_classes).to(device)

    def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(
            logits, targets, weight=weight, label_smoothing=config.label_smoothing
        )

    return cross_entropy


def _scalar(custom: Loss, logits: Tensor, targets: Tensor) -> Tensor:
    try:
        loss = custom(logits, targets)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        advice = " mixup and cutmix give probabilities as targets." if targets.ndim == 2 else ""
        raise TrainingError(
            f"`training.loss` must accept {_shapes(logits, targets)}, and raised: {error}.{advice}"
        ) from error
    if not isinstance(loss, Tensor) or loss.ndim:
        got = f"shape {list(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise TrainingError(
            f"`training.loss` must return a scalar for {_shapes(logits, targets)}, got {got}."
        )
    return loss


def _shapes(logits: Tensor, targets: Tensor) -> str:
    return f"logits {list(logits.shape)} and targets {list(targets.shape)} of {targets.dtype}"
