"""The training loss in words. The validation loss is plain cross-entropy whatever it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.wording import listed, number
from tailor.config import RunConfig

CROSS_ENTROPY = "cross-entropy"
MIXING = ("Mixup", "CutMix")  # whose targets are blends of two classes


def training_loss(config: RunConfig) -> str:
    """`cross-entropy` and what changes its scale, or the name of a loss of the user's own."""
    training = config.training
    if training.loss is not None:
        return _target(training.loss)
    changes = []
    if training.label_smoothing:
        changes.append(f"label smoothing of {number(training.label_smoothing)}")
    if training.class_weights != "none":
        changes.append(f"{training.class_weights} class weights")
    steps = [_target(step) for step in config.augment.values() if step is not None]
    changes += [step.lower() for step in steps if step in MIXING]
    return f"{CROSS_ENTROPY} with {listed(changes)}" if changes else CROSS_ENTROPY


def _target(built: Mapping[str, Any]) -> str:
    return str(built["_target_"]).rpartition(".")[2]
