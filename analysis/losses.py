"""What the losses of a run mean: the trained one may be another than that of validation."""

from __future__ import annotations

from tailor.config import RunConfig
from tailor.data.augment import CutMix, Mixup

MIXING = tuple(f"{step.__module__}.{step.__qualname__}" for step in (Mixup, CutMix))


def trained_loss(config: RunConfig) -> str:
    """The name of the loss that was trained."""
    own = config.training.loss
    return "cross-entropy" if own is None else str(own["_target_"]).rpartition(".")[2]


def apart(config: RunConfig) -> list[str]:
    """Why training loss is not to be held against validation loss (plain cross-entropy)."""
    training = config.training
    mixed = [name for name, step in config.augment.items() if step and step["_target_"] in MIXING]
    reasons = [
        (training.loss is not None, f"the loss {trained_loss(config)}"),
        (training.label_smoothing > 0, "label smoothing"),
        (training.class_weights != "none", "class weights"),
        (bool(mixed), "mixed images"),
    ]
    return [reason for holds, reason in reasons if holds]
