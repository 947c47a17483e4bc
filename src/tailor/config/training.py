"""The keys of `training`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from hydra_tailor.bounds import ClosedSettings, bounded, broken, one_of, ruled
from hydra_tailor.instantiate import TARGET_RULE, is_target

DEVICES = ("auto", "cpu", "cuda", "mps")
AMPS = ("auto", "off", "bf16", "fp16")
COMPILES = ("auto", "on", "off")
CLASS_WEIGHTS = ("none", "balanced")


DEVICE_RULE = f"one of {', '.join(DEVICES)}, cuda:N"


def is_device(value: Any) -> bool:
    return value in DEVICES or re.fullmatch(r"cuda:(0|[1-9]\d?)", str(value)) is not None


@dataclass
class TrainingConfig(ClosedSettings):
    KEY: ClassVar[str] = "training"

    epochs: int = bounded(at_least=1)
    batch_size: int = bounded(at_least=1, at_most=1_000_000)
    """Images per step."""
    device: str = ruled(DEVICE_RULE, is_device)
    """`auto` prefers CUDA, then MPS, then the CPU; `cuda:1` is the second GPU."""
    threads: int | None = bounded(at_least=1, at_most=4096, or_null=True)
    """CPU threads; null: all cores available to the process. Floating-point sums depend on it."""
    amp: str = one_of(AMPS)
    """Mixed precision of training; evaluation is in float32. `auto`: bf16 where it is faster."""
    compile: str = one_of(COMPILES)
    """Whether `torch.compile` compiles the network for training; `auto` is off."""
    loss: Any = ruled(f"null, or {TARGET_RULE}", lambda value: value is None or is_target(value))
    """`_target_` and arguments of a callable (logits, targets) -> scalar; null: cross-entropy."""
    label_smoothing: float = bounded(at_least=0, below=1)
    """Share of each target spread over all classes."""
    class_weights: str = one_of(CLASS_WEIGHTS)
    """`balanced` weighs each class in the loss inversely to its frequency."""
    grad_clip: float | None = bounded(above=0, or_null=True)
    """Largest L2 norm of all gradients together; null: no clipping."""
    ema: float = bounded(at_least=0, below=1)
    """Decay per step of the weights' moving average, which is then evaluated; 0: no average."""
    tta: bool = MISSING
    """Whether evaluation averages the logits of an image and of its mirror image."""
    patience: int | None = bounded(at_least=1, or_null=True)
    """Epochs without improvement after which the run ends; null: no early stopping."""

    def conflicts(self) -> list[str]:
        """Messages about settings that exclude each other."""
        if not self.loss:
            return []
        defaults = {"label_smoothing": 0, "class_weights": "none"}
        return [
            broken(f"training.{key}", f"{default} with a custom training.loss", value)
            for key, default in defaults.items()
            if (value := getattr(self, key)) != default
        ]
