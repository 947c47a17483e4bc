"""All figures of an analysis, described from its findings."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.figures import (
    architecture,
    hardest,
    parameters,
    probability,
    samples,
    search,
    testing,
    training,
)
from analysis.figures.spec import Figure
from analysis.measure.collect import GALLERY_IMAGES
from analysis.measure.feature_space import embed, mean_images, stratified
from analysis.measure.findings import Findings
from analysis.measure.hardest_class import gallery
from analysis.read.predictions import Array, Evaluation


def describe_figures(
    findings: Findings, evaluation: Evaluation, pixels: Array, *, points: int, seed: int
) -> dict[str, Figure]:
    """Return the figures by name, in the order of the report.

    Args:
        findings: of the analysis.
        evaluation: of the test split.
        pixels: [N, C, H, W] uint8, the test images.
        points: number of test images in the embedding.
        seed: of the embedding and its sample.
    """
    figures = [
        samples.samples(evaluation, pixels),
        *([] if findings.augmented is None else [samples.augmentation(findings.augmented)]),
        *_search_figures(findings),
        *_architecture_figures(findings, len(evaluation.classes)),
        *_training_figures(findings),
        testing.confusion(evaluation, findings.metrics),
        testing.f1(findings.metrics),
        probability.reliability(findings.calibration),
        probability.ranking(evaluation, findings.metrics),
        *_hardest_figures(findings, evaluation, pixels, points=points, seed=seed),
    ]
    return {figure.name: figure for figure in figures}


def _search_figures(findings: Findings) -> Iterator[Figure]:
    view, chosen = findings.view, findings.chosen
    if len(view.ranked) < 2:
        return  # these figures need several trials
    yield search.history(view, chosen)
    if findings.importances.shares:
        yield search.importances(view, findings.importances)
    if findings.effects:
        yield parameters.effects(view, chosen, findings.effects)
    if len(view.spaces) > 1:
        yield parameters.parallel(view, chosen)
    yield search.cost(view, chosen)


def _architecture_figures(findings: Findings, num_classes: int) -> Iterator[Figure]:
    if findings.summary.is_chain:  # other networks do not fit a row of boxes
        yield architecture.architecture(findings.summary, findings.in_shape, num_classes)


def _training_figures(findings: Findings) -> Iterator[Figure]:
    chosen = findings.chosen
    if not chosen.history:
        return
    yield training.curves(chosen.history, findings.best_epoch, findings.config)
    if len(findings.view.trials) > 1:
        yield training.all_curves(findings.view.trials, chosen)
    drawable = [budget for budget in findings.budgets.budgets if budget.trial.history]
    if len(drawable) > 1:
        yield training.budgets(drawable, equal=findings.budgets.equal)


def _hardest_figures(
    findings: Findings, evaluation: Evaluation, pixels: Array, *, points: int, seed: int
) -> Iterator[Figure]:
    if findings.hardest.predicted_as or findings.hardest.predicted_from:
        yield hardest.confusions(findings.hardest)
    wrong, right = gallery(evaluation, findings.hardest.index, count=GALLERY_IMAGES)
    if wrong or right:
        yield hardest.gallery(evaluation, pixels, findings.hardest, wrong, right)
    if findings.occlusions:
        yield samples.occlusion(findings.hardest, findings.occlusions, pixels)
    if findings.hardest.contrast is not None:
        means = mean_images(pixels, evaluation.targets, len(evaluation.classes))
        yield samples.means(findings.hardest, means)
    if evaluation.features is not None:
        sample = stratified(evaluation.targets, points, seed)
        embedding = embed(evaluation.features, sample, seed=seed)
        yield hardest.embeddings(evaluation, findings.hardest, embedding)
