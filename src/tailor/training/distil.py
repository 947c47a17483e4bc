"""Distillation: targets that contain what finished runs predict for the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from hydra_tailor.bounds import is_number
from tailor.augment import Batch
from tailor.data.batches import Normalise
from tailor.data.images import LabelledImages
from tailor.data.load import load
from tailor.errors import ConfigError
from tailor.names import BEST_FILE
from tailor.training.checkpoint import restore
from tailor.training.step.precision import Precision
from tailor.training.stored_config import read_run_config
from tailor.training.tta import asked_once

KEY = "augment.distil"


class Distil:
    """Mix each target with the mean class probabilities that finished runs predict.

    The runs see the images as the steps before this one leave them, each once, without
    `training.tta`. They compute in the precision of their own `training.amp`.

    Args:
        runs: directories of finished runs, of the same classes and the same size of images.
        weight: share of the predictions in a target, above 0 and at most 1.

    Raises:
        ConfigError: a directory holds no network, or the weight is out of bounds.

    Source: Hinton et al. 2015, arXiv:1503.02531, at temperature 1.
    """

    mixes: ClassVar[bool] = True

    def __init__(self, runs: Sequence[str], weight: float) -> None:
        if isinstance(runs, str) or not runs or not all(isinstance(run, str) for run in runs):
            raise ConfigError(
                f"`{KEY}.runs` must be a list of directories of finished runs, as in "
                f"'{KEY}.runs=[outputs/NAME]', got {runs!r}."
            )
        self._runs = [Path(run) for run in runs]
        for run in self._runs:
            if not (run / BEST_FILE).is_file():
                raise ConfigError(
                    f"`{KEY}.runs` must be directories of finished runs: {run} has no {BEST_FILE}."
                )
        if not is_number(weight) or not 0 < weight <= 1:
            raise ConfigError(f"`{KEY}.weight` must be above 0 and at most 1, got {weight!r}.")
        self._weight = weight
        self._teachers: list[_Teacher] = []

    def prepare(self, images: LabelledImages, device: torch.device) -> None:
        """Load the runs' networks.

        Args:
            images: the training images.
            device: of the batches.

        Raises:
            ConfigError: a run has other classes or another size of images.
            DataError: the images of a run cannot be read.
            DamagedFile: a run's files cannot be read.
        """
        self._teachers = [_Teacher(run, images, device) for run in self._runs]

    @torch.no_grad()
    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        predicted = torch.stack([teacher(images) for teacher in self._teachers]).mean(0)
        return images, torch.lerp(targets, predicted, self._weight)


class _Teacher:
    """The network of a finished run: probabilities [B, K] for images [B, C, H, W]."""

    def __init__(self, run: Path, images: LabelledImages, device: torch.device) -> None:
        config = read_run_config(run)
        splits = load(config.data)
        theirs, ours = splits.train, images
        if (theirs.classes, theirs.shape) != (ours.classes, ours.shape):
            raise ConfigError(
                f"`{KEY}.runs` must have the classes and the size of these images "
                f"({_described(ours)}); {run} was trained on {_described(theirs)}."
            )
        self._network: nn.Module = asked_once(restore(run, config, splits)).to(device)
        self._normalise = Normalise(splits.mean, splits.std, device=device)
        self._precision = Precision(config.training.amp, device)

    def __call__(self, images: Tensor) -> Tensor:
        with self._precision.autocast():
            logits: Tensor = self._network(self._normalise(images))
        return logits.float().softmax(1)


def _described(images: LabelledImages) -> str:
    return f"{' x '.join(map(str, images.shape))}, {', '.join(map(str, images.classes))}"
