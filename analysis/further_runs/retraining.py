"""Retraining of the chosen config on training and validation images, with other seeds."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch

from analysis.measure.findings import Retrained
from analysis.read.predictions import evaluate
from analysis.read.restored import Restored
from analysis.wording import percent
from tailor.data import DataSplits, LabelledImages
from tailor.data.batches import Normalise
from tailor.data.load import pixel_statistics
from tailor.training import fit
from tailor.training.checkpoint import load_last
from tailor.training.step.learner import Learner
from tailor.training.tta import averaged


def joined(splits: DataSplits) -> DataSplits:
    """Join training and validation images; pixel statistics are computed from both.

    The validation images are part of the training images, so validation metrics are meaningless
    and must not select an epoch.
    """
    both = LabelledImages(
        images=torch.cat([splits.train.images, splits.val.images]),
        targets=torch.cat([splits.train.targets, splits.val.targets]),
        classes=splits.train.classes,
    )
    mean, std = pixel_statistics(both.images)
    return DataSplits(train=both, val=splits.val, mean=mean, std=std)


def retrain(
    restored: Restored,
    test: LabelledImages,
    count: int,
    directory: Path,
    log: Callable[[str], None],
) -> Retrained:
    """Train `count` runs with the seeds after the trial's own; test each once.

    Args:
        directory: gets one run directory per seed; an interrupted run is resumed.
        log: called with one line per run.
    """
    splits = joined(restored.splits)
    normalise = Normalise(splits.mean, splits.std, device=restored.device)
    seeds = [restored.config.seed + offset for offset in range(1, count + 1)]
    accuracies = []
    for seed in seeds:
        config = deepcopy(restored.config)
        config.seed = seed
        config.training.device = str(restored.device)
        config.training.patience = None  # validation images are trained on: no early stopping
        run_directory = directory / str(seed)
        fit(config, splits, run_directory)
        last = load_last(run_directory, config, data=splits.checksum)
        assert last is not None
        learner = Learner(config, splits, restored.device)
        learner.load_state_dict(last["learner"])
        model = averaged(learner.evaluated, tta=config.training.tta)
        evaluation = evaluate(model, test, normalise, restored.device)
        accuracies.append(float(evaluation.correct.mean()))
        log(f"retrained with seed {seed}: test accuracy {percent(accuracies[-1], 2)}")
    return Retrained(tuple(seeds), tuple(accuracies))
