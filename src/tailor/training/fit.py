"""Train one run, epoch by epoch, so that it can stop at any moment and go on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tailor import names
from tailor.config import RunConfig
from tailor.data.augment import Augmentation, apply_all
from tailor.data.batches import Normalise, shuffled_batches
from tailor.data.load import DataSplits
from tailor.errors import TrainingError
from tailor.files import write_json
from tailor.models import build_model
from tailor.search.trial import NO_TRIAL, RunningTrial
from tailor.targets import build
from tailor.training import checkpoint, machine
from tailor.training.evaluate import evaluate
from tailor.training.records import CsvRecorder, Recorder
from tailor.training.result import Row, RunResult, is_better

Schedule = Callable[[float], float]

COMPLETE = "complete"
PRUNED = "pruned"


def run(
    config: RunConfig,
    splits: DataSplits,
    directory: Path,
    *,
    trial: RunningTrial = NO_TRIAL,
    recorders: Sequence[Recorder] = (),
) -> RunResult:
    """Train the network that `config` describes, or go on where an earlier call stopped.

    Args:
        config: a checked config.
        splits: what `tailor.data.load(config.data)` gave.
        directory: receives `metrics.csv`, `best.pt`, `last.pt` and `result.json`; each is whole
            after every epoch. A `last.pt` of the same config in it is continued.
        trial: the trial of a search; hears of every epoch and may end the run early.
        recorders: hear of the run besides `metrics.csv`.

    Raises:
        TrainingError: the loss is no longer finite, memory is short, or `directory` holds the
            run of another config.
    """
    hearers = [CsvRecorder(directory), *recorders]
    try:
        fitting = _Fitting(config, splits, directory)
        history = fitting.history
        for recorder in hearers:
            recorder.started(history, epochs=config.training.epochs, steps=fitting.steps_per_epoch)
        status = COMPLETE
        while len(history) < config.training.epochs:
            fitting.train_epoch(hearers)
            for recorder in hearers:
                recorder.finished_epoch(history)
            row = history[-1]
            trial.report(row[fitting.ranked_by], int(row[names.EPOCH]))
            if len(history) < config.training.epochs and trial.should_prune():
                status = PRUNED
                break
        result = fitting.result(status)
        write_json(directory / names.RESULT_FILE, result.as_dict())
        for recorder in hearers:
            recorder.finished(result)
        return result
    finally:
        for recorder in hearers:
            recorder.closed()


class _Fitting:
    """The moving state of a run: network, optimizer, history."""

    def __init__(self, config: RunConfig, splits: DataSplits, directory: Path) -> None:
        machine.prepare(config.training.threads)
        self._config = config
        self._directory = directory
        self._device = machine.pick_device(config.training.device)
        self._images = splits.train.images.to(self._device)
        self._targets = splits.train.targets.to(self._device)
        self._val = splits.val
        self._normalise = Normalise(splits.mean, splits.std, device=self._device)
        self._augment: list[Augmentation] = [
            build(f"augment.{name}", step)
            for name, step in config.augment.items()
            if step is not None
        ]
        self._schedule: Schedule = build("scheduler", config.scheduler)
        self._model = build_model(
            config.model,
            in_shape=splits.train.shape,
            num_classes=len(splits.train.classes),
            seed=config.seed,
        ).to(self._device)
        self._optimizer = build_optimizer(config.optimizer, self._model)
        # Epochs are ranked by what the search asks for, where that is measured every epoch.
        self.ranked_by = next(
            (name for name in config.objectives if name in names.METRIC_COLUMNS[1:6]),
            names.VAL_ACCURACY,
        )
        self.history: list[Row] = []
        self._best: Row | None = None
        self._continue()

    def _continue(self) -> None:
        last = checkpoint.load_last(self._directory, self._config)
        if last is None:
            return
        self._model.load_state_dict(last["model"])
        self._optimizer.load_state_dict(last["optimizer"])
        self.history = last["history"]
        self._best = last["best"]

    @property
    def steps_per_epoch(self) -> int:
        size, batch = len(self._targets), self._config.training.batch_size
        full, rest = divmod(size, batch)
        return max(1, full + (rest > 1))

    def train_epoch(self, recorders: Sequence[Recorder]) -> None:
        """Train one epoch, rank it, and keep the checkpoints and the row."""
        epoch = len(self.history) + 1
        started = time.perf_counter()
        # Drawn from seed and epoch alone, so that a continued run draws what it would have drawn.
        epoch_seed = self._config.seed * 100_003 + epoch
        torch.manual_seed(epoch_seed)
        order = torch.Generator().manual_seed(epoch_seed)
        draws = torch.Generator(self._device).manual_seed(epoch_seed)
        self._model.train()
        loss_sum = torch.zeros((), device=self._device)
        correct = torch.zeros((), device=self._device)
        first_step = (epoch - 1) * self.steps_per_epoch
        batches = shuffled_batches(
            len(self._targets),
            self._config.training.batch_size,
            generator=order,
            device=self._device,
        )
        lr = 0.0
        for step, indices in enumerate(batches, start=first_step):
            lr = self._set_lr(step)
            targets = self._targets[indices]
            images, mixed = apply_all(self._augment, self._images[indices], targets, draws)
            logits, loss = self._step(self._normalise(images), mixed)
            loss_sum += loss.detach() * len(indices)
            correct += (logits.detach().argmax(1) == targets).sum()
            for recorder in recorders:
                recorder.stepped()
        train_loss = loss_sum.item() / len(self._targets)
        self._refuse_divergence(train_loss, epoch)
        train_seconds = time.perf_counter() - started
        val = evaluate(self._model, self._val, self._normalise, self._device)
        self._refuse_divergence(val.loss, epoch)
        self._keep(
            {
                names.EPOCH: epoch,
                names.LR: lr,
                names.TRAIN_LOSS: train_loss,
                names.TRAIN_ACCURACY: correct.item() / len(self._targets),
                names.VAL_LOSS: val.loss,
                names.VAL_ACCURACY: val.accuracy,
                names.SECONDS: time.perf_counter() - started,
                names.IMAGES_PER_SECOND: len(self._targets) / train_seconds,
            }
        )

    def _step(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        logits: Tensor = self._model(images)
        loss = F.cross_entropy(
            logits, targets, label_smoothing=self._config.training.label_smoothing
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return logits, loss

    def _set_lr(self, step: int) -> float:
        total = self._config.training.epochs * self.steps_per_epoch
        # The middle of the step: the first one then moves, and the last one is not wasted.
        factor = self._schedule((step + 0.5) / total)
        lr = float(self._config.optimizer["lr"]) * factor
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _refuse_divergence(self, loss: float, epoch: int) -> None:
        if loss < float("inf"):
            return
        raise TrainingError(
            f"training diverged in epoch {epoch}: the loss is {loss} with optimizer.lr="
            f"{self._config.optimizer['lr']:g}. Try a learning rate ten times smaller."
        )

    def _keep(self, row: Row) -> None:
        self.history.append(row)
        if is_better(row, self._best, self.ranked_by):
            self._best = row
            checkpoint.save(self._directory / names.BEST_FILE, self._model.state_dict())
        assert self._best is not None
        checkpoint.save(
            self._directory / names.LAST_FILE,
            checkpoint.Checkpoint(
                fingerprint=checkpoint.fingerprint(self._config),
                model=self._model.state_dict(),
                optimizer=self._optimizer.state_dict(),
                history=self.history,
                best=self._best,
            ),
        )

    def result(self, status: str) -> RunResult:
        assert self._best is not None
        return RunResult(
            status=status,
            best_epoch=int(self._best[names.EPOCH]),
            val_accuracy=self._best[names.VAL_ACCURACY],
            val_loss=self._best[names.VAL_LOSS],
            epochs_run=len(self.history),
            seconds=sum(row[names.SECONDS] for row in self.history),
            images_per_second=median(row[names.IMAGES_PER_SECOND] for row in self.history),
            parameters=sum(p.numel() for p in self._model.parameters() if p.requires_grad),
            seed=self._config.seed,
            machine=machine.describe(self._device),
        )


def build_optimizer(config: Mapping[str, Any], model: nn.Module) -> torch.optim.Optimizer:
    """Build the optimizer that `config` names; weight decay leaves biases and norms alone.

    Args:
        config: `_target_` of a `torch.optim.Optimizer`, `_partial_: true`, and its arguments.
        model: its parameters of two dimensions or more decay, the others do not.
    """
    weights = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
    others = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
    groups: list[dict[str, Any]] = [{"params": weights}]
    if others:
        groups.append({"params": others, "weight_decay": 0.0})
    optimizer = build("optimizer", config)(groups)
    assert isinstance(optimizer, torch.optim.Optimizer)
    return optimizer
