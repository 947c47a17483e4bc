"""Predictions of a network for a whole split: probabilities and features as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tailor.data.batches import Normalise
from tailor.data.images import LabelledImages
from tailor.training.evaluate import predict

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Evaluation:
    """Predictions of a network for a split.

    Attributes:
        classes: K class names.
        targets: [N] int64.
        probabilities: [N, K] float64, each row sums to 1.
        features: [N, F] float32, the inputs of the head; None if not requested.
    """

    classes: tuple[str, ...]
    targets: Array
    probabilities: Array
    features: Array | None = None

    @property
    def predicted(self) -> Array:
        """[N] index of the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def correct(self) -> Array:
        """[N] bool."""
        return np.asarray(self.predicted == self.targets)

    @property
    def confidence(self) -> Array:
        """[N] probability of the predicted class."""
        return np.asarray(self.probabilities.max(axis=1))


def evaluation_of(
    logits: Tensor, targets: Tensor, classes: tuple[str, ...], features: Tensor | None = None
) -> Evaluation:
    """Convert logits [N, K] and targets [N] on any device to arrays."""
    return Evaluation(
        classes=classes,
        targets=targets.cpu().numpy(),
        probabilities=logits.cpu().double().softmax(1).numpy(),
        features=None if features is None else features.float().cpu().numpy(),
    )


def evaluate(
    model: nn.Module,
    images: LabelledImages,
    normalise: Normalise,
    device: torch.device,
    *,
    with_features: bool = False,
) -> Evaluation:
    """Evaluate a network; hooks record the inputs of its `head` if features are requested.

    If the head runs more than once per batch (flip averaging runs it twice), the mean is taken.
    """
    head_inputs: list[Tensor] = []  # of the current batch
    features: list[Tensor] = []

    def finish_batch(*_: Any) -> None:
        features.append(torch.stack(head_inputs).mean(dim=0))  # [calls, B, F] -> [B, F]
        head_inputs.clear()

    handles = []
    if with_features:
        head = model.get_submodule("head")
        handles = [
            head.register_forward_pre_hook(
                lambda _, inputs: head_inputs.append(inputs[0].flatten(1))
            ),
            model.register_forward_hook(finish_batch),
        ]
    try:
        logits = predict(model.to(device), images.images.to(device), normalise)
    finally:
        for handle in handles:
            handle.remove()
    return evaluation_of(
        logits, images.targets, images.classes, torch.cat(features) if features else None
    )
