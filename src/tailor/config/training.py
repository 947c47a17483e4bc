"""The keys of `training`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from tailor.config.checks import problems_of

DEVICES = ("auto", "cpu", "cuda", "mps")
AMPS = ("auto", "off", "bf16", "fp16")
COMPILES = ("auto", "on", "off")
CLASS_WEIGHTS = ("none", "balanced")


@dataclass
class TrainingConfig:
    epochs: int = MISSING
    batch_size: int = MISSING
    """Images a step."""
    device: str = MISSING
    """`auto` takes CUDA, then MPS, then the CPU; `cuda:1` names a card."""
    threads: int | None = MISSING
    """CPU threads; null takes the cores that the process may use. Changes float sums."""
    amp: str = MISSING
    """Mixed precision of training; evaluation is in float32. `auto`: bf16 where it is faster."""
    compile: str = MISSING
    """Whether `torch.compile` builds the network's training step; `auto` does not."""
    loss: Any = MISSING
    """`_target_` and arguments of a callable (logits, targets) -> scalar; null: cross-entropy."""
    label_smoothing: float = MISSING
    """Share of each target spread over all classes, in [0, 1)."""
    class_weights: str = MISSING
    """`balanced` weighs each class in the loss inversely to its frequency."""
    grad_clip: float | None = MISSING
    """Largest L2 norm of all gradients together; null does not clip."""
    ema: float = MISSING
    """Decay a step of the moving average of weights that is evaluated, in [0, 1); 0: none."""
    tta: bool = MISSING
    """Whether evaluation averages the logits of an image and of its mirror image."""
    patience: int | None = MISSING
    """Epochs without a better one after which the run ends; null: all epochs are run."""

    def problems(self) -> list[str]:
        kind, _, index = self.device.partition(":")
        device_known = kind in DEVICES and (not index or (kind == "cuda" and index.isdigit()))
        return problems_of(
            [
                ("training.epochs", self.epochs, self.epochs >= 1, "1 or more"),
                ("training.batch_size", self.batch_size, self.batch_size >= 1, "1 or more"),
                (
                    "training.device",
                    self.device,
                    device_known,
                    f"one of {', '.join(DEVICES)}, cuda:N",
                ),
                (
                    "training.threads",
                    self.threads,
                    self.threads is None or self.threads >= 1,
                    "1 or more, or null",
                ),
                ("training.amp", self.amp, self.amp in AMPS, f"one of {', '.join(AMPS)}"),
                (
                    "training.compile",
                    self.compile,
                    self.compile in COMPILES,
                    f"one of {', '.join(COMPILES)}",
                ),
                (
                    "training.label_smoothing",
                    self.label_smoothing,
                    0 <= self.label_smoothing < 1 and not (self.loss and self.label_smoothing),
                    "in [0, 1), and 0 beside a training.loss of one's own",
                ),
                (
                    "training.class_weights",
                    self.class_weights,
                    self.class_weights in CLASS_WEIGHTS
                    and not (self.loss and self.class_weights != "none"),
                    f"one of {', '.join(CLASS_WEIGHTS)}, and none beside a training.loss of one's "
                    "own",
                ),
                (
                    "training.grad_clip",
                    self.grad_clip,
                    self.grad_clip is None or 0 < self.grad_clip < float("inf"),
                    "a finite number above 0, or null",
                ),
                ("training.ema", self.ema, 0 <= self.ema < 1, "in [0, 1)"),
                (
                    "training.patience",
                    self.patience,
                    self.patience is None or self.patience >= 1,
                    "1 or more, or null",
                ),
            ]
        )
