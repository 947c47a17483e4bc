"""The complete trials of a study on the validation images that ranked them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from analysis.measure.comparisons import AugmentationComparison, BudgetComparison, with_and_without
from analysis.measure.findings import Rival, TrainingScore
from analysis.measure.paired import compare, optimism, pairs_of
from analysis.read.predictions import Array
from analysis.read.restored import Restored, configs_of, restore_trial
from analysis.read.study import StudyView, Trial
from tailor import names
from tailor.config import DataConfig
from tailor.errors import DamagedFile, TailorError

log = logging.getLogger(__name__)

TRAINING_SAMPLE = 10_000
"""Number of training images that are scored, a usual size of a test split."""


class Validation:
    """Which validation images a trial classifies correctly, computed once per trial.

    Args:
        view: the study.
        restored: the analysed trial, whose validation images are used.
        data: config of the data to test on, as passed to the analysis.
    """

    def __init__(self, view: StudyView, restored: Restored, data: object) -> None:
        self._view, self._restored, self._data = view, restored, data
        self._correct: dict[int, Array | None] = {}

    def correct(self, trial: Trial) -> Array | None:
        """[N] bool; None if the trial has no weights here or was ranked on other images."""
        if trial.number not in self._correct:
            self._correct[trial.number] = self._evaluate(trial)
        return self._correct[trial.number]

    def _evaluate(self, trial: Trial) -> Array | None:
        own, images = self._restored, self._restored.splits.val
        if trial.number == own.trial.number:
            return own.evaluate(images).correct
        try:
            theirs = configs_of(trial, self._data)[0].data
            if _contents(theirs) != _contents(own.config.data):
                return None
            other = restore_trial(trial, own.device, self._data)
            # Another root may hold other images.
            if other.splits.val.checksum() != images.checksum():
                return None
        except DamagedFile as error:
            log.warning("trial %d is not compared with the chosen one. %s", trial.number, error)
            return None
        except TailorError:
            return None  # its files are missing
        return other.evaluate(images).correct

    def rivals(self, *, top: int) -> tuple[Rival, ...]:
        """Compare the analysed trial with up to `top` others, best first."""
        chosen = self._restored.trial
        mine = self.correct(chosen)
        assert mine is not None
        rivals: list[Rival] = []
        for trial in self._view.distinct:
            if len(rivals) == top:
                break
            if trial.number == chosen.number or trial.identity == chosen.identity:
                continue
            theirs = self.correct(trial)
            if theirs is not None:
                comparison = compare(mine, theirs, comparisons=self._comparisons)
                rivals.append(Rival(trial, comparison, self._view.position(trial)))
        return tuple(rivals)

    def optimism(self, rivals: tuple[Rival, ...]) -> float | None:
        """Accuracy that the best trial may owe to being selected on these images."""
        chosen, first = self._restored.trial, self._view.objectives[0]
        if not self._view.is_best(chosen) or not rivals or first != names.VAL_ACCURACY:
            return None
        trials = [chosen, *(rival.trial for rival in rivals)]
        return optimism(np.array([self.correct(trial) for trial in trials]))

    def augmentation(self) -> AugmentationComparison | None:
        """Compare augmentation with none, if the study tried both."""
        compared = with_and_without(self._view)
        if compared is None:
            return None
        first, second = self.correct(compared.augmented), self.correct(compared.plain)
        if first is None or second is None:
            return compared
        return replace(compared, test=compare(first, second, comparisons=self._comparisons))

    def tested(self, budgets: BudgetComparison) -> BudgetComparison:
        """Add the paired test of the best budget, if the trials differ only in their epochs."""
        if not budgets.equal or budgets.best is None:
            return budgets
        best, other = self.correct(budgets.best.trial), self.correct(budgets.reference.trial)
        if best is None or other is None:
            return budgets
        return replace(budgets, test=compare(best, other, comparisons=self._comparisons))

    @property
    def _comparisons(self) -> int:
        """The comparisons of all pairs of trials: the best trial was selected on these images."""
        return pairs_of(len(self._view.distinct))


def _contents(data: DataConfig) -> dict[str, Any]:
    """The settings that decide which images there are, if their files are whole."""
    content = data.without_root()
    return content | {"on_error": None, "source": content["source"] | {"on_error": None}}


def training_score(restored: Restored, *, seed: int = 0) -> TrainingScore:
    """Score a random sample of the training images once, as validation images are scored.

    Args:
        seed: of the sample.
    """
    train = restored.splits.train
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))
    sample = train.take(order[:TRAINING_SAMPLE].sort().values)
    return TrainingScore(float(restored.evaluate(sample).correct.mean()), len(sample))
