"""All measurements of an analysis: from a restored trial to findings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from analysis.measure import comparisons, search_bounds
from analysis.measure import metrics as measures
from analysis.measure.against import Against
from analysis.measure.comparisons import BudgetComparison
from analysis.measure.findings import Findings, Retrained
from analysis.measure.hardest_class import analyse_class, gallery
from analysis.measure.importances import importances
from analysis.measure.validation import Validation, training_score
from analysis.read.augmented import augmented_copies
from analysis.read.occlusion import occlusions
from analysis.read.predictions import Array, Evaluation
from analysis.read.restored import Restored
from analysis.read.run_files import read_result
from analysis.read.study import StudyView, Trial
from tailor import names
from tailor.models.summary import summarise
from tailor.training.result import Row, is_better, ranking_objective
from tailor.training.tta import asked_once

GALLERY_IMAGES = 8
"""Number of mistakes that are shown and covered patch by patch."""
AUGMENTED_COPIES = 7


def collect(
    view: StudyView,
    restored: Restored,
    evaluation: Evaluation,
    pixels: Array,
    *,
    bins: int,
    neighbours: int,
    top: int,
    data: object,
    retrained: Retrained | None,
    budgets: BudgetComparison | None = None,
    against: Against | None = None,
) -> Findings:
    """Measure everything that the report needs.

    Args:
        view: the study.
        restored: the analysed trial.
        evaluation: of the test split.
        pixels: [N, C, H, W] uint8, the test images.
        bins: of the reliability diagram.
        neighbours: k of the nearest neighbours in feature space.
        top: number of other trials to compare with.
        data: config of the data to test on, as passed to the analysis.
        retrained: results of retraining, if requested.
        budgets: the chosen config at several epoch budgets, if requested; None compares trials.
        against: another study's best trial, or another run, on its own test images; optional.
    """
    chosen, splits = restored.trial, restored.splits
    validation = Validation(view, restored, data)
    rivals = validation.rivals(top=top)
    metrics = measures.measure(evaluation)
    hardest = analyse_class(evaluation, metrics, images=pixels, neighbours=neighbours)
    mistakes, _ = gallery(evaluation, hardest.index, count=GALLERY_IMAGES)
    counts = np.bincount(splits.train.targets.numpy(), minlength=len(restored.classes))
    return Findings(
        view=view,
        chosen=chosen,
        is_best=view.is_best(chosen),
        config=restored.config,
        summary=summarise(asked_once(restored.model), splits.train.shape),
        in_shape=splits.train.shape,
        history=chosen.history,
        best_epoch=best_epoch(chosen, restored.config.objectives),
        metrics=metrics,
        calibration=measures.calibrate(evaluation, bins=bins),
        hardest=hardest,
        training_score=training_score(restored),
        rivals=rivals,
        optimism=validation.optimism(rivals),
        importances=importances(view),
        effects=comparisons.effects(view),
        search_cost=comparisons.search_cost(view, default_epochs=restored.config.training.epochs),
        budgets=budgets or validation.tested(comparisons.budgets(view, chosen)),
        at_bounds=search_bounds.at_bounds(view, chosen, restored.config),
        class_sizes={
            name: int(count) for name, count in zip(restored.classes, counts, strict=True)
        },
        sizes={
            "training": len(splits.train),
            "validation": len(splits.val),
            "test": metrics.size,
        },
        pixel_mean=tuple(splits.mean.tolist()),
        pixel_std=tuple(splits.std.tolist()),
        machine=read_result(chosen.directory).get("machine") or {},
        retrained=retrained,
        test_name=None if restored.on_own_test_split else restored.test_data.name,
        augmented=augmented_copies(restored.config, splits.train, copies=AUGMENTED_COPIES),
        augmentation=validation.augmentation(),
        against=against,
        occlusions=occlusions(
            restored.model,
            restored.normalise,
            restored.device,
            torch.from_numpy(pixels),
            torch.from_numpy(evaluation.targets),
            mistakes,
        ),
    )


def best_epoch(trial: Trial, objectives: Sequence[str]) -> int:
    """The epoch whose weights were kept: as recorded by the run, or the best of its history."""
    if names.BEST_EPOCH in trial.facts:
        return int(trial.facts[names.BEST_EPOCH])
    best: Row | None = None
    for row in trial.history:
        if is_better(row, best, ranking_objective(objectives)):
            best = row
    return int(best[names.EPOCH]) if best else 1
