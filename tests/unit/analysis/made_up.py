"""Findings of made-up studies: random trials, validation results and test predictions."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution

from analysis.measure import comparisons, search_bounds
from analysis.measure.findings import Findings, TrainingScore
from analysis.measure.hardest_class import analyse_class
from analysis.measure.importances import importances
from analysis.measure.metrics import calibrate, measure
from analysis.measure.validation import Validation
from analysis.read.predictions import Evaluation
from analysis.read.study import Space, StudyView, Trial
from tailor.config import run_config
from tailor.models import Cnn
from tailor.models.summary import summarise
from tests.studies import composed
from tests.unit.analysis.figures.views import trial

SHAPE = (1, 8, 8)
DISTRIBUTIONS = {
    "training.epochs": CategoricalDistribution((2, 4, 8)),
    "optimizer.lr": FloatDistribution(0.01, 1.0, log=True),
}
SPACES = {
    "training.epochs": Space(levels=(2, 4, 8)),
    "optimizer.lr": Space(low=0.01, high=1.0, log=True),
}


def trial_of(number, correct, *, epochs=2, lr=0.1, state="complete", seconds=1.0) -> Trial:
    """A trial whose validation accuracy is that of `correct`, [N] bool."""
    accuracy = float(np.mean(correct))
    complete = state == "complete"
    return Trial(
        number=number,
        state=state,
        values=(accuracy,) if complete else (),
        params={"training.epochs": epochs, "optimizer.lr": lr},
        facts={"val_accuracy": accuracy, "val_loss": 1 - accuracy, "seconds": seconds},
        history=rows([accuracy] * epochs),
        directory=trial(number).directory,
        distributions=DISTRIBUTIONS,
    )


def rows(accuracies, *, train_accuracy=0.9):
    return tuple(
        {
            "epoch": epoch,
            "lr": 0.1,
            "train_loss": 1 / epoch,
            "train_accuracy": train_accuracy,
            "val_loss": 1 / epoch,
            "val_accuracy": accuracy,
            "seconds": 1.0,
        }
        for epoch, accuracy in enumerate(accuracies, start=1)
    )


def study_of(*trials) -> StudyView:
    return StudyView("made-up", ("val_accuracy",), (True,), trials, SPACES)


def predictions(random, *, classes=4, size=200, accuracy=0.8, confidence=0.7) -> Evaluation:
    targets = random.integers(classes, size=size)
    wrong = random.random(size) > accuracy
    others = (targets + random.integers(1, classes, size=size)) % classes
    predicted = np.where(wrong, others, targets)
    probabilities = np.full((size, classes), (1 - confidence) / (classes - 1))
    probabilities[np.arange(size), predicted] = confidence
    features = random.normal(size=(size, 3))
    names = tuple(f"class{index}" for index in range(classes))
    return Evaluation(names, targets, probabilities, features)


class MadeUpValidation(Validation):
    """Validation results that are given instead of computed."""

    def __init__(self, view, chosen, correct):
        super().__init__(view, SimpleNamespace(trial=chosen), None)
        self._correct = dict(correct)


@functools.cache
def summary():
    model = Cnn(
        in_shape=SHAPE,
        num_classes=4,
        num_layers=1,
        neurons=4,
        growth=1,
        kernel_size=3,
        padding="same",
        pooling="max",
        norm="none",
        activation="relu",
        dropout=0.0,
        head_layers=1,
        head_neurons=8,
    )
    return summarise(model, SHAPE)


@functools.cache
def config():
    return run_config(composed("made-up", {"training.epochs": 2}))


def findings_of(view, correct, evaluation, *, chosen=None, top=10) -> Findings:
    """The findings of a study with known validation results.

    Args:
        correct: trial number -> [N] bool, or None where the weights are missing.
        chosen: number of the analysed trial; None: the best.
    """
    analysed = view.ranked[0] if chosen is None else view.numbered(chosen)
    metrics = measure(evaluation)
    validation = MadeUpValidation(view, analysed, correct)
    rivals = validation.rivals(top=top)
    images = np.random.default_rng(0).integers(0, 255, (len(evaluation.targets), *SHAPE))
    size = len(next(iter(correct.values())))
    return Findings(
        view=view,
        chosen=analysed,
        is_best=analysed.number == view.ranked[0].number,
        config=config(),
        summary=summary(),
        in_shape=SHAPE,
        history=analysed.history,
        best_epoch=len(analysed.history),
        metrics=metrics,
        calibration=calibrate(evaluation, bins=15),
        hardest=analyse_class(evaluation, metrics, images=images, neighbours=3),
        training_score=TrainingScore(0.95, 1000),
        rivals=rivals,
        optimism=validation.optimism(rivals),
        importances=importances(view),
        effects=comparisons.effects(view),
        search_cost=comparisons.search_cost(view, default_epochs=2),
        budgets=validation.tested(comparisons.budgets(view, analysed)),
        at_bounds=search_bounds.at_bounds(view, analysed),
        class_sizes=dict.fromkeys(evaluation.classes, 100),
        sizes={"training": 1000, "validation": size, "test": metrics.size},
        pixel_mean=(72.0,),
        pixel_std=(90.0,),
        machine={},
        augmentation=validation.augmentation(),
    )
