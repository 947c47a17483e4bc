"""Comparison of the analysed trial with another study's best trial, or with another run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from analysis.measure.metrics import wilson
from analysis.measure.paired import Comparison, compare
from analysis.read.predictions import Evaluation
from analysis.read.restored import Restored
from analysis.read.study import StudyView, Trial
from analysis.wording import all_settings
from hydra_tailor.space.grammar import encode_bare
from tailor.data import LabelledImages
from tailor.models.summary import summarise
from tailor.training.tta import asked_once


@dataclass(frozen=True)
class Against:
    """Test results of another study's best trial, or of another run.

    Attributes:
        view: the other study.
        trial: its best trial.
        data: name of its test data.
        accuracy, low, high: on the test images, with a 95 % Wilson interval.
        size: number of these images.
        parameters: number of parameters of its network.
        differing: setting -> its values in the analysed trial and in this one; a value is empty if
            its trial lacks the setting.
        test: the analysed trial against this one; None if their test images differ.
    """

    view: StudyView
    trial: Trial
    data: str
    accuracy: float
    low: float
    high: float
    size: int
    parameters: int
    differing: Mapping[str, tuple[str, str]]
    test: Comparison | None


def set_against(
    view: StudyView,
    other: Restored,
    analysed: Restored,
    images: LabelledImages,
    evaluation: Evaluation,
) -> Against:
    """Test a trial of another study and compare it with the analysed one.

    Args:
        view: the other study.
        other: its trial.
        analysed: the analysed trial.
        images: test images of the analysed trial.
        evaluation: of the analysed trial, on these images.

    Raises:
        DataError: the other trial's test images cannot be read.
    """
    theirs = other.load_test()
    correct = other.evaluate(theirs).correct
    low, high = wilson(int(correct.sum()), len(correct))
    return Against(
        view=view,
        trial=other.trial,
        data=other.test_data.name,
        accuracy=float(correct.mean()),
        low=low,
        high=high,
        size=len(correct),
        parameters=summarise(asked_once(other.model), other.splits.train.shape).parameters,
        differing=_differing(analysed, other),
        test=compare(evaluation.correct, correct) if _same(images, theirs) else None,
    )


def _same(first: LabelledImages, second: LabelledImages) -> bool:
    return torch.equal(first.images, second.images) and torch.equal(first.targets, second.targets)


def _differing(first: Restored, second: Restored) -> dict[str, tuple[str, str]]:
    mine, theirs = all_settings(first.config), all_settings(second.config)
    differing = (
        key
        for key in {**mine, **theirs}
        if key not in mine or key not in theirs or mine[key] != theirs[key]
    )
    return {key: (_typed(mine, key), _typed(theirs, key)) for key in differing}


def _typed(settings: Mapping[str, Any], key: str) -> str:
    return encode_bare(settings[key]) if key in settings else ""
