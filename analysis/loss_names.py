"""Names of the training loss. The validation loss is always plain cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.wording import listed, number
from tailor.config import RunConfig

CROSS_ENTROPY = "cross-entropy"
MIXING_STEPS = ("Mixup", "CutMix")
"""Augmentations that blend the targets of two classes."""


def training_loss(config: RunConfig) -> str:
    """`cross-entropy` with the settings that change its scale, or the name of a custom loss."""
    training = config.training
    if training.loss is not None:
        return _target_name(training.loss)
    changes = []
    if training.label_smoothing:
        changes.append(f"label smoothing of {number(training.label_smoothing)}")
    if training.class_weights != "none":
        changes.append(f"{training.class_weights} class weights")
    steps = [_target_name(step) for step in config.augmentation.values()]
    changes += [step.lower() for step in steps if step in MIXING_STEPS]
    return f"{CROSS_ENTROPY} with {listed(changes)}" if changes else CROSS_ENTROPY


def _target_name(node: Mapping[str, Any]) -> str:
    return str(node["_target_"]).rpartition(".")[2]
