"""The state of a run between two epochs: learner, history, best epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from hydra_tailor.files import remove_leftovers
from hydra_tailor.trial import RunningTrial
from tailor import names
from tailor.addresses import build
from tailor.augment import apply_all, build_all
from tailor.config import RunConfig
from tailor.confusion import write_confusion
from tailor.data.batches import Normalise, shuffled_batches
from tailor.data.images import LabelledImages
from tailor.data.load import DataSplits
from tailor.errors import TrainingError
from tailor.hydra_files import read_hydra_files
from tailor.training import checkpoint, machine
from tailor.training.distil import Distil
from tailor.training.evaluate import evaluate
from tailor.training.recorders.base import Recorder
from tailor.training.result import Row, RunResult, is_better, ranking_objective
from tailor.training.step.learner import Learner
from tailor.training.tta import averaged, warn_unless_mirrored

Schedule = Callable[[float], float]

DIVERGED_FACTOR = 100
"""A mean loss this many times that of random guessing means divergence."""


class RunState:
    """A run between two epochs, restored from `last.pt` if `directory` has one."""

    def __init__(self, config: RunConfig, splits: DataSplits, directory: Path) -> None:
        self._config = config
        self._directory = directory
        self._device = machine.pick_device(config.training.device)
        machine.prepare(self._device, config.training.threads)
        self._train = _on(self._device, splits.train)
        self._val = _on(self._device, splits.val)
        self._normalise = Normalise(splits.mean, splits.std, device=self._device)
        self._augment = build_all(config.augmentation)
        for step in self._augment:
            if isinstance(step, Distil):
                step.prepare(splits.train, self._device)
        if config.training.tta:
            warn_unless_mirrored(self._augment)
        self._schedule: Schedule = build("scheduler", config.scheduler)
        self._learner = Learner(config, splits, self._device)
        self._ranked_by = ranking_objective(config.objectives)
        self.history: list[Row] = []
        self._best: Row | None = None
        remove_leftovers(directory)
        self._data = splits.checksum
        last = checkpoint.load_last(directory, config, data=self._data)
        if last is not None:
            try:
                self._learner.load_state_dict(last["learner"])
            except (RuntimeError, ValueError, KeyError) as error:  # the user changed a class
                raise TrainingError(
                    f"{directory} holds the run of another network or optimizer of the same "
                    f"config, so it cannot be continued: {' '.join(str(error).split())[:300]}. "
                    "Choose another directory or remove this one."
                ) from error
            self.history = last["history"]
            self._best = last["best"]
        self._hydra_files = read_hydra_files(directory)

    @property
    def steps_per_epoch(self) -> int:
        full, rest = divmod(len(self._train), self._config.training.batch_size)
        return max(1, full + (rest > 1))

    @property
    def finished(self) -> bool:
        """Whether all epochs are trained, or `training.patience` is exhausted."""
        training, epochs_done = self._config.training, len(self.history)
        if epochs_done >= training.epochs:
            return True
        if training.patience is None or self._best is None:
            return False
        return epochs_done - int(self._best[names.EPOCH]) >= training.patience

    def report(self, row: Row, trial: RunningTrial) -> None:
        trial.report(self._reported(row), int(row[names.EPOCH]))

    def _reported(self, row: Row) -> float:
        """The objective after an epoch; of several, the one that ranks epochs."""
        match self._config.objectives:
            case [names.SECONDS]:
                return sum(done[names.SECONDS] for done in self.history[: int(row[names.EPOCH])])
            case [names.PARAMETERS]:
                return self._num_parameters
        return row[self._ranked_by]

    @property
    def _num_parameters(self) -> int:
        return sum(p.numel() for p in self._learner.model.parameters() if p.requires_grad)

    def train_epoch(self, recorders: Sequence[Recorder]) -> None:
        """Train and evaluate one epoch; save its checkpoints and its row."""
        epoch = len(self.history) + 1
        started = time.perf_counter()
        loss_sum, correct, lr = self._optimize(epoch, recorders)
        train_loss = loss_sum.item() / len(self._train)  # waits for the device
        self._refuse_divergence(train_loss, epoch, limit=self._highest_loss)
        train_seconds = time.perf_counter() - started
        network = averaged(self._learner.evaluated, tta=self._config.training.tta)
        val = evaluate(network, self._val, self._normalise, self._device)
        self._refuse_divergence(val.loss, epoch, limit=math.inf)
        self._save(
            {
                names.EPOCH: epoch,
                names.LR: lr,
                names.TRAIN_LOSS: train_loss,
                names.TRAIN_ACCURACY: correct.item() / len(self._train),
                names.VAL_LOSS: val.loss,
                names.VAL_ACCURACY: val.accuracy,
                names.SECONDS: time.perf_counter() - started,
                names.IMAGES_PER_SECOND: len(self._train) / train_seconds,
            },
            val.confusion,
        )

    def _optimize(self, epoch: int, recorders: Sequence[Recorder]) -> tuple[Tensor, Tensor, float]:
        """Run an epoch's steps; return its summed loss, correct predictions and last lr.

        This never waits for the device: the sums stay on it.
        """
        # Seeded by run and epoch alone, so that a continued run draws the same numbers.
        epoch_seed = self._config.seed * 100_003 + epoch
        torch.manual_seed(epoch_seed)  # dropout
        order = torch.Generator().manual_seed(epoch_seed)
        augment_generator = torch.Generator(self._device).manual_seed(epoch_seed)
        self._learner.model.train()
        loss_sum = torch.zeros((), device=self._device)
        correct = torch.zeros((), device=self._device)
        lr = 0.0
        batches = shuffled_batches(
            len(self._train),
            self._config.training.batch_size,
            generator=order,
            device=self._device,
        )
        for step, indices in enumerate(batches, start=(epoch - 1) * self.steps_per_epoch):
            lr = self._lr(step)
            targets = self._train.targets[indices]
            images, mixed = apply_all(
                self._augment,
                self._train.images[indices],
                targets,
                augment_generator,
                num_classes=len(self._train.classes),
            )
            logits, loss = self._learner.step(self._normalise(images), mixed, lr=lr)
            loss_sum += loss * len(indices)
            correct += (logits.argmax(1) == targets).sum()
            for recorder in recorders:
                recorder.stepped()
        return loss_sum, correct, lr

    def _lr(self, step: int) -> float:
        total = self._config.training.epochs * self.steps_per_epoch
        # Mid-step: at either end of a step, the first or the last step would have a rate of 0.
        return float(self._config.optimizer["lr"]) * self._schedule((step + 0.5) / total)

    @property
    def _highest_loss(self) -> float:
        if self._config.training.loss is not None:  # its scale is unknown
            return math.inf
        return DIVERGED_FACTOR * math.log(max(2, len(self._train.classes)))

    def _refuse_divergence(self, loss: float, epoch: int, *, limit: float) -> None:
        if loss < limit:
            return
        raise TrainingError(
            f"training diverged in epoch {epoch}: the loss is {loss:.4g} with optimizer.lr="
            f"{self._config.optimizer['lr']:g}. Try a learning rate ten or more times smaller, or "
            "training.grad_clip=1."
        )

    def _save(self, row: Row, confusion: Tensor) -> None:
        self.history.append(row)
        if is_better(row, self._best, self._ranked_by):
            self._best = row
            weights = self._learner.evaluated.state_dict()
            checkpoint.save(self._directory / names.BEST_FILE, weights)
            write_confusion(
                self._directory / names.VAL_CONFUSION_FILE, self._val.classes, confusion.tolist()
            )
        assert self._best is not None
        checkpoint.save(
            self._directory / names.LAST_FILE,
            checkpoint.Checkpoint(
                fingerprint=checkpoint.fingerprint(self._config),
                learner=self._learner.state_dict(),
                history=self.history,
                best=self._best,
                hydra_files=self._hydra_files,
                data=self._data,
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
            parameters=self._num_parameters,
            seed=self._config.seed,
            machine=machine.describe(self._device),
            data=self._data,
        )


def _on(device: torch.device, split: LabelledImages) -> LabelledImages:
    return LabelledImages(split.images.to(device), split.targets.to(device), split.classes)
