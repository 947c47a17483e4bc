"""The chosen config trained again, with other seeds and every labelled image but the test ones."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch

from analysis.measure.findings import Retrained
from analysis.read.predictions import evaluate
from analysis.read.restored import Restored
from tailor.data import DataSplits, LabelledImages
from tailor.data.batches import Normalise
from tailor.data.load import pixel_statistics
from tailor.training import fit
from tailor.training.checkpoint import load_last
from tailor.training.step.learner import Learner
from tailor.training.tta import averaged


def joined(splits: DataSplits) -> DataSplits:
    """Train on training and validation images together; the statistics are those of both.

    Validation stays a part of what is trained on, so its figures say nothing and no epoch may be
    chosen by them.
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
    say: Callable[[str], None],
) -> Retrained:
    """Train `count` runs with seeds next to the trial's own; measure each once on the test split.

    Args:
        directory: keeps a run directory a seed; one that was interrupted is continued.
        say: hears a line a run.
    """
    splits = joined(restored.splits)
    normalise = Normalise(splits.mean, splits.std, device=restored.device)
    seeds = [restored.config.seed + offset for offset in range(1, count + 1)]
    accuracies = []
    for seed in seeds:
        config = deepcopy(restored.config)
        config.seed = seed
        config.training.patience = None  # validation images are learnt: they cannot end a run
        place = directory / str(seed)
        fit(config, splits, place)
        last = load_last(place, config)
        assert last is not None
        learner = Learner(config, splits, restored.device)
        learner.load_state_dict(last["learner"])
        model = averaged(learner.evaluated, tta=config.training.tta)
        found = evaluate(model, test, normalise, restored.device)
        accuracies.append(float(found.correct.mean()))
        say(f"retrained with seed {seed}: test accuracy {accuracies[-1]:.2%}")
    return Retrained(tuple(seeds), tuple(accuracies))
