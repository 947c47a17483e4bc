"""One optimizer step and its state: weights, momentum, weight average, loss scale."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tailor.config import RunConfig
from tailor.data.batches import Normalise
from tailor.data.load import DataSplits
from tailor.errors import TrainingError
from tailor.models import build_model, initialise
from tailor.training.step.averaging import MovingAverage
from tailor.training.step.loss import build_loss
from tailor.training.step.optimizer import build_optimizer, set_lr, start_momentum
from tailor.training.step.precision import Precision, compiled


class Learner:
    """A network in training, with its optimizer, loss, precision and weight average.

    Args:
        config: a checked config.
        splits: give the shape of the images, the classes and their frequencies.
        device: of the network and its batches.
    """

    def __init__(self, config: RunConfig, splits: DataSplits, device: torch.device) -> None:
        training = config.training
        num_classes = len(splits.train.classes)
        self.model = build_model(
            config.model,
            in_shape=splits.train.shape,
            num_classes=num_classes,
            seed=config.seed,
        ).to(device)
        normalise = Normalise(splits.mean, splits.std, device=torch.device("cpu"))
        initialise(self.model, splits.train.images, normalise)
        self._optimizer = build_optimizer(config.optimizer, self.model)
        self._loss = build_loss(
            training, splits.train.targets, num_classes=num_classes, device=device
        )
        self._precision = Precision(training.amp, device)
        if self._precision.scaler.is_enabled():
            start_momentum(self._optimizer)
        self._forward = compiled(self.model, training.compile)
        self._has_norm = "norm" in config.model
        self._grad_clip = training.grad_clip
        self._average = MovingAverage(self.model, decay=training.ema) if training.ema > 0 else None

    @property
    def evaluated(self) -> nn.Module:
        """The network to evaluate and save: the averaged one if `training.ema` is on."""
        return self.model if self._average is None else self._average.network

    def step(self, images: Tensor, targets: Tensor, *, lr: float) -> tuple[Tensor, Tensor]:
        """Train on one batch; return its logits [B, K] and its loss, still on the device.

        Args:
            images: [B, C, H, W] float32, normalised.
            targets: [B] class indices, or [B, K] probabilities.
            lr: learning rate of this step.

        Raises:
            TrainingError: the network cannot be trained on a batch of one image, or not be
                compiled, or a custom loss does not fit.
        """
        set_lr(self._optimizer, lr)
        logits = self._logits(images)
        loss = self._loss(logits, targets)
        self._optimizer.zero_grad(set_to_none=True)
        scaler = self._precision.scaler
        scaler.scale(loss).backward()
        if self._grad_clip is not None:
            scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self._grad_clip)
        scaler.step(self._optimizer)
        scaler.update()
        if self._average is not None:
            self._average.update()
        return logits.detach(), loss.detach()

    def _logits(self, images: Tensor) -> Tensor:
        try:
            with self._precision.autocast():
                logits: Tensor = self._forward(images)
        except ValueError as error:
            if len(images) > 1:
                raise
            raise TrainingError(
                f"the network refuses a batch of one image ({error}). Set training.batch_size to "
                f"2 or more{', or model.norm=group or none' * self._has_norm}."
            ) from error
        except Exception as error:
            if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                raise
            reason = str(error).strip().partition("\n")[0]
            raise TrainingError(
                f"the network cannot be compiled: {reason}. On a CPU this needs a C++ compiler. "
                "training.compile=off trains without it."
            ) from error
        return logits.float()

    def state_dict(self) -> dict[str, Any]:
        """Everything that another process needs to take the same next step."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._precision.scaler.state_dict(),
            "average": None if self._average is None else self._average.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        if state["scaler"]:
            self._precision.scaler.load_state_dict(state["scaler"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])
