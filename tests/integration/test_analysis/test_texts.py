"""Sentences follow the findings of a small study, which are changed one at a time."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import build_analysis, choose
from analysis.measure.findings import Retrained, Rival, TrainingScore
from analysis.measure.paired import compare
from analysis.text import evaluation as evaluation_text
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from tests.studies import CONF


@pytest.fixture(scope="module")
def findings(finished_study):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=["points=50"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(finished_study)
        patch.delenv("TAILOR_STORAGE", raising=False)
        view, restored = choose(config, Console(quiet=True))
        return build_analysis(view, restored, restored.load_test(), config, None).findings


def with_accuracy(findings, accuracy, low, high):
    changed = replace(findings.metrics, accuracy=accuracy, accuracy_low=low, accuracy_high=high)
    return evaluation_text.accuracy(replace(findings, metrics=changed))


def test_goals_are_compared_with_the_interval(findings):
    text = with_accuracy(findings, 0.93, 0.92, 0.94)
    assert "goal of 90 % is reached, and the whole interval lies above it" in text
    assert "goal of 95 % is missed by 2.00 percentage points" in text
    assert "90 % is reached, but the interval extends" in with_accuracy(findings, 0.91, 0.89, 0.93)
    assert "90 % is missed" in with_accuracy(findings, 0.85, 0.84, 0.86)


def test_the_runner_up_is_worse_only_with_evidence(findings):
    other = findings.view.ranked[1]
    size = findings.sizes["validation"]

    def text(only_first, only_second, *, rank=2, **changes):
        first = np.ones(size, dtype=bool)
        second = first.copy()
        second[:only_first] = False
        first[only_first : only_first + only_second] = False
        rival = Rival(other, compare(first, second, comparisons=15), rank=rank)
        return search_text.certainty(replace(findings, rivals=(rival,), **changes))

    mine = findings.chosen.number
    near, far = text(10, 8), text(90, 20)
    assert f"The runner-up is trial {other.number}" in near
    assert "corrected for 15 comparisons" in near
    assert "do not show which of the two is better" in near
    assert f"unlikely to explain the lead of trial {mine}" in far
    assert f"higher by {7000 / size:.2f} percentage points" in far
    assert "p < 0.001, corrected for 15 comparisons" in far
    worse = text(20, 90, rank=1, is_best=False)
    assert f"The best trial is trial {other.number}" in worse
    assert f"unlikely to explain the lead of trial {other.number}" in worse
    assert "nothing to compare" in search_text.certainty(replace(findings, rivals=()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"padding": "valid"}, "Padding is not used", id="valid"),
        pytest.param({"pooling": ()}, "There is no pooling", id="no pooling"),
        pytest.param(
            {"pooling": ("convolution with stride 2",)},
            "Maps are reduced by convolution with stride 2",
            id="stride",
        ),
        pytest.param({"convolutions": 0}, "no convolutional layer", id="mlp"),
    ],
)
def test_the_architecture_is_described(findings, changes, words):
    changed = replace(findings, summary=replace(findings.summary, **changes))
    assert words in model_text.architecture(changed)
    assert words not in model_text.architecture(findings)


def rows(train_losses, val_losses):
    return tuple(
        {
            "epoch": epoch,
            "train_loss": train,
            "val_loss": val,
            "train_accuracy": 0.99,
            "val_accuracy": 0.9,
        }
        for epoch, (train, val) in enumerate(zip(train_losses, val_losses, strict=True), start=1)
    )


@pytest.fixture(scope="module")
def scored(findings):
    """The findings with a training accuracy of 99 %, in evaluation mode, on many images."""
    sizes = {**findings.sizes, "validation": 10_000}
    return replace(findings, training_score=TrainingScore(0.99, 10_000), sizes=sizes)


def curve(findings):
    return " ".join(model_text.learning_curve(findings))


def test_the_first_overfitted_epoch_is_named(scored):
    over = replace(scored, history=rows([0.5, 0.2, 0.1], [0.4, 0.3, 0.5]), best_epoch=2)
    assert (
        "judged by the loss, the network overfits from epoch 3 on. In evaluation mode, training "
        "accuracy is 9.0 percentage points above" in curve(over)
    )
    later = replace(over, best_epoch=3)
    assert "although validation accuracy is highest in epoch 3" in curve(later)
    assert any("more regularisation may help" in item for item in limits_text.limits(over))


def test_each_learning_curve_has_one_verdict(scored):
    def course(train, val, *, accuracy=0.99):
        score = replace(scored.training_score, accuracy=accuracy)
        history = rows(train, val)
        return curve(
            replace(scored, history=history, best_epoch=len(history), training_score=score)
        )

    falls = ([0.5, 0.2, 0.1], [0.4, 0.3, 0.2])
    assert "overfitting does no harm yet. In evaluation mode" in course(*falls)
    assert "no sign of overfitting. In evaluation mode" in course(*falls, accuracy=0.91)
    assert "training itself got worse" in course([0.1, 0.2, 0.5], [0.2, 0.3, 0.5])
    assert "2 epochs are too few" in course([0.5, 0.2], [0.4, 0.5])
    assert "1 epoch is too few" in course([0.5], [0.4])


def test_different_losses_are_not_compared(findings):
    assert "not comparable" not in model_text.learning_curve(findings)[0]
    config = deepcopy(findings.config)
    config.training.label_smoothing = 0.1
    text = model_text.learning_curve(replace(findings, config=config))[0]
    assert (
        "not comparable: the training loss is cross-entropy with label smoothing of 0.1," in text
    )


def test_the_gap_of_validation_and_test_is_compared_with_sampling_error(findings):
    def text(validation, size):
        chosen = replace(
            findings.chosen, facts={**findings.chosen.facts, "val_accuracy": validation}
        )
        metrics = replace(findings.metrics, accuracy=0.9, size=size)
        sizes = {**findings.sizes, "validation": size}
        changes = {"chosen": chosen, "metrics": metrics, "sizes": sizes, "optimism": 0.001}
        return evaluation_text.accuracy(replace(findings, **changes))

    assert (
        "was 93.00 % on 100 images, 3.00 percentage points higher: a gap that sampling error can"
        in text(0.93, 100)
    )
    assert "(95 % interval of the difference: 2.23 to 3.77" in text(0.93, 10_000)
    assert "explains at most about 0.10 percentage points of it" in text(0.93, 10_000)
    assert "Selecting" not in text(0.87, 10_000)


def test_calibration_is_compared_with_sampling_error(findings):
    def text(**changes):
        changed = replace(findings, calibration=replace(findings.calibration, **changes))
        return evaluation_text.calibration(changed), " ".join(limits_text.limits(changed))

    sure, advice = text(error=0.08, chance_limit=0.02, surplus=0.07)
    assert "overconfident by 7.0 percentage points on average" in sure
    assert "images, or set training.label_smoothing" in advice
    unsure, advice = text(error=0.08, chance_limit=0.02, surplus=-0.07)
    assert "underconfident by 7.0" in unsure
    assert "scale the logits" in advice
    assert "images, or set training.label_smoothing" not in advice
    assert "overconfident in some ranges" in text(error=0.08, chance_limit=0.02, surplus=0.01)[0]
    slight, _ = text(error=0.015, chance_limit=0.01, surplus=0.01)
    assert "slightly miscalibrated" in slight
    few, advice = text(error=0.04, chance_limit=0.05, visible=0.07, surplus=0.03)
    assert "No miscalibration shows" in few
    assert "overconfidence of less than about 7.0 percentage points could go unnoticed" in few
    assert "can be read as probabilities" not in few
    assert "scale the logits" not in advice


def test_budgets_with_other_settings_are_not_compared(findings):
    assert not findings.budgets.equal
    text = model_text.budgets(findings)
    assert "complete, 1 pruned" in text
    assert "cannot be put down to the number of epochs" in text


def test_next_steps_follow_the_evidence(findings):
    items = " ".join(limits_text.limits(findings))
    assert (
        "bound of the search space in epochs (4, the highest value searched; extend to 8)" in items
    )
    assert "No searched parameter" in " ".join(limits_text.limits(replace(findings, at_bounds=())))
    rare = {**findings.class_sizes, "3": 10}
    assert "Few training images are available for class 3 (10)" in " ".join(
        limits_text.limits(replace(findings, class_sizes=rare))
    )
    several = replace(findings, retrained=Retrained((1, 2), (0.9, 0.92)))
    assert "Every trial ran once" in items
    assert "Every trial ran once" not in " ".join(limits_text.limits(several))
    assert "91.00 %" in evaluation_text.retrained(several)
    assert "of these 2 runs is 1.41 percentage points" in evaluation_text.retrained(several)


def test_pruning_and_failures_are_counted(findings):
    text = search_text.cost(findings)
    assert "1 of 7 trials that did not fail was pruned (14 %), which saved 3 epochs" in text
    assert "1 trial failed: trial 7 (training diverged in epoch 1)" in text
