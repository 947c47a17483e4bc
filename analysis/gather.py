"""From a restored trial to facts and figures: every measurement of the analysis, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import edges, select
from analysis import metrics as measures
from analysis.config import AnalyzeConfig
from analysis.evaluate import Array, Evaluation
from analysis.explain.hardest import gallery, study_class
from analysis.explain.space import embed, stratified
from analysis.facts import Facts, Retrained, RunnerUp
from analysis.figures import (
    architecture,
    hardest,
    parameters,
    probability,
    search,
    testing,
    training,
)
from analysis.figures.spec import Figure
from analysis.restored import Restored, configs_of, restore_trial
from analysis.run_files import read_result
from analysis.trials import StudyView, Trial
from tailor import names
from tailor.data import LabelledImages
from tailor.errors import TailorError
from tailor.models.summary import summarise
from tailor.training.result import Row, is_better, ranking_objective
from tailor.training.tta import asked_once

GALLERY = 8
FEWEST_FOR_FEATURES = 4  # test images


@dataclass(frozen=True)
class Gathered:
    facts: Facts
    evaluation: Evaluation
    figures: dict[str, Figure]


def gather(
    view: StudyView,
    restored: Restored,
    test: LabelledImages,
    config: AnalyzeConfig,
    retrained: Retrained | None,
) -> Gathered:
    """Evaluate the trial on the test split, measure everything, describe every figure."""
    chosen = restored.trial
    # Of fewer images there is neither a neighbourhood nor a map to draw.
    evaluation = restored.evaluate(test, with_features=len(test) >= FEWEST_FOR_FEATURES)
    metrics = measures.measure(evaluation)
    pixels = test.images.numpy()
    facts = _facts(view, restored, evaluation, metrics, config, pixels, retrained)
    drawn = [
        *_search_figures(facts),
        architecture.architecture(facts.summary, facts.in_shape, len(restored.classes)),
        *_training_figures(facts, chosen),
        testing.confusion(evaluation, metrics),
        testing.f1(metrics),
        probability.reliability(facts.calibration),
        probability.ranking(evaluation, metrics),
        *_hardest_figures(facts, evaluation, pixels, config),
    ]
    return Gathered(facts, evaluation, {figure.name: figure for figure in drawn})


def _facts(
    view: StudyView,
    restored: Restored,
    evaluation: Evaluation,
    metrics: measures.Metrics,
    config: AnalyzeConfig,
    pixels: Array,
    retrained: Retrained | None,
) -> Facts:
    chosen, splits = restored.trial, restored.splits
    ranked = select.ranked(view)
    compared, equal = select.budgets(view, chosen)
    counts = np.bincount(splits.train.targets.numpy(), minlength=len(restored.classes))
    return Facts(
        view=view,
        chosen=chosen,
        is_best=bool(ranked) and ranked[0].number == chosen.number,
        config=restored.config,
        summary=summarise(asked_once(restored.model), splits.train.shape),
        in_shape=splits.train.shape,
        history=chosen.history,
        best_epoch=best_epoch(chosen, restored.config.objectives),
        metrics=metrics,
        calibration=measures.calibrate(evaluation, bins=config.bins),
        hardest=study_class(evaluation, metrics, images=pixels, neighbours=config.neighbours),
        runner_up=_runner_up(view, restored, config),
        effects=select.effects(view),
        economy=select.economy(view, default_epochs=restored.config.training.epochs),
        budgets=compared,
        budgets_equal=equal,
        edges=edges.edges(view, chosen),
        support={name: int(n) for name, n in zip(restored.classes, counts, strict=True)},
        sizes={
            "training": len(splits.train),
            "validation": len(splits.val),
            "test": metrics.size,
        },
        machine=read_result(chosen.directory).get("machine") or {},
        retrained=retrained,
        test_name=None if restored.tests_its_own else restored.test_data.name,
    )


def best_epoch(trial: Trial, objectives: Sequence[str]) -> int:
    """The epoch whose weights were kept: as the run said, else the best in its history."""
    if names.BEST_EPOCH in trial.facts:
        return int(trial.facts[names.BEST_EPOCH])
    best: Row | None = None
    for row in trial.history:
        if is_better(row, best, ranking_objective(objectives)):
            best = row
    return int(best[names.EPOCH]) if best else 1


def _runner_up(view: StudyView, restored: Restored, config: AnalyzeConfig) -> RunnerUp | None:
    """The best other complete trial whose weights are still there and fit the same split."""
    validation = restored.splits.val
    for rank, trial in enumerate(select.ranked(view), start=1):
        if trial.number == restored.trial.number:
            continue
        try:
            if configs_of(trial, config.data)[0].data != restored.config.data:
                continue  # ranked on other images
            other = restore_trial(trial, restored.device, config.data)
        except TailorError:
            continue  # its files are gone: the next one stands in
        comparison = measures.mcnemar(restored.evaluate(validation), other.evaluate(validation))
        return RunnerUp(trial, comparison, rank)
    return None


def _search_figures(facts: Facts) -> Iterator[Figure]:
    view, chosen = facts.view, facts.chosen
    complete = select.ranked(view)
    if len(complete) < 2:
        return  # one trial has no history, no effect and nothing to be compared with
    yield search.history(view, chosen)
    if facts.view.importances:
        yield search.importances(view)
    if facts.effects:
        yield parameters.effects(view, chosen, facts.effects)
    if len(view.spaces) > 1:
        yield parameters.parallel(view, chosen)
    yield search.cost(view, chosen)


def _training_figures(facts: Facts, chosen: Trial) -> Iterator[Figure]:
    if not chosen.history:
        return
    yield training.curves(chosen.history, facts.best_epoch, facts.config)
    if len(facts.view.trials) > 1:
        yield training.all_curves(facts.view.trials, chosen)
    drawable = [budget for budget in facts.budgets if budget.trial.history]
    if len(drawable) > 1:
        yield training.budgets(drawable, equal=facts.budgets_equal)


def _hardest_figures(
    facts: Facts, evaluation: Evaluation, pixels: Array, config: AnalyzeConfig
) -> Iterator[Figure]:
    if facts.hardest.taken_by or facts.hardest.given_by:
        yield hardest.confusions(facts.hardest)
    wrong, right = gallery(evaluation, facts.hardest.index, count=GALLERY)
    if wrong or right:
        yield hardest.gallery(evaluation, pixels, facts.hardest, wrong, right)
    if evaluation.features is not None:
        sample = stratified(evaluation.targets, config.points, config.seed)
        found = embed(evaluation.features, sample, seed=config.seed)
        yield hardest.embeddings(evaluation, facts.hardest, found)
