"""Sentences follow the facts: the facts of a real small study, changed one at a time."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import build_analysis, choose
from analysis.measure.findings import Retrained, RunnerUp
from analysis.measure.metrics import Comparison
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from analysis.text import test_split as test_text
from tests.studies import CONF


@pytest.fixture(scope="module")
def facts(finished_study):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=["points=50"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(finished_study)
        patch.delenv("TAILOR_STORAGE", raising=False)
        view, restored = choose(config, Console(quiet=True))
        return build_analysis(view, restored, restored.load_test(), config, None).findings


def with_accuracy(facts, accuracy, low, high):
    changed = replace(facts.metrics, accuracy=accuracy, accuracy_low=low, accuracy_high=high)
    return test_text.accuracy(replace(facts, metrics=changed))


def test_goals_are_judged_with_their_interval(facts):
    text = with_accuracy(facts, 0.93, 0.92, 0.94)
    assert "goal of 90% is reached, with the whole interval above it" in text
    assert "goal of 95% is not reached; 2.00 percentage points are missing" in text
    assert "90% is reached, though the interval includes" in with_accuracy(facts, 0.91, 0.89, 0.93)
    assert "90% is not reached" in with_accuracy(facts, 0.85, 0.84, 0.86)


def test_the_runner_up_is_told_apart_only_by_evidence(facts):
    other = facts.view.trials[0]
    chance = Comparison(10, 8, 0.8, 0.007, -0.022, 0.036)
    evidence = Comparison(90, 20, 1e-9, 0.243, 0.181, 0.305)
    near = replace(facts, runner_up=RunnerUp(other, chance, rank=2))
    far = replace(facts, runner_up=RunnerUp(other, evidence, rank=2))
    assert "The runner-up is trial 0" in search_text.certainty(near)
    assert "do not show which of the two is better" in search_text.certainty(near)
    mine = facts.chosen.number
    assert f"That trial {mine} is ahead is unlikely to be chance" in search_text.certainty(far)
    assert "24.30 percentage points apart" in search_text.certainty(far)
    assert "p < 0.001" in search_text.certainty(far)
    behind = Comparison(20, 90, 1e-9, -0.243, -0.305, -0.181)
    worse = replace(facts, is_best=False, runner_up=RunnerUp(other, behind, rank=1))
    assert "The best one is trial 0" in search_text.certainty(worse)
    assert "That trial 0 is ahead" in search_text.certainty(worse)
    third = replace(facts, runner_up=RunnerUp(other, chance, rank=3))
    assert "whose weights are here, at place 3, is trial 0" in search_text.certainty(third)
    assert "nothing to compare" in search_text.certainty(replace(facts, runner_up=None))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"padding": "valid"}, "Padding is not used", id="valid"),
        pytest.param({"pooling": ()}, "There is no pooling", id="no pooling"),
        pytest.param(
            {"pooling": ("convolution with stride 2",)},
            "Maps shrink by convolution with stride 2",
            id="stride",
        ),
        pytest.param({"convolutions": 0}, "no convolutional layer", id="mlp"),
    ],
)
def test_the_architecture_is_said_as_it_is(facts, changes, words):
    changed = replace(facts, summary=replace(facts.summary, **changes))
    assert words in model_text.architecture(changed)
    assert words not in model_text.architecture(facts)


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


def test_overfitting_is_dated(facts):
    over = replace(facts, history=rows([0.5, 0.2, 0.1], [0.4, 0.3, 0.5]), best_epoch=2)
    (text,) = model_text.course(over)
    assert "by its loss the network overfits from epoch 3 on. Training accuracy is 9.0" in text
    later = replace(over, best_epoch=3)
    assert "still rose to its best in epoch 3" in model_text.course(later)[0]
    assert any("more regularisation may help" in item for item in limits_text.limits(over))


def test_each_course_has_one_verdict(facts):
    def course(train, val, **changes):
        history = tuple({**row, **changes} for row in rows(train, val))
        (text,) = model_text.course(replace(facts, history=history, best_epoch=len(history)))
        return text

    falls = ([0.5, 0.2, 0.1], [0.4, 0.3, 0.2])
    assert "learnt by heart did no harm yet. Training accuracy is 9.0" in course(*falls)
    assert "no sign of overfitting. The two" in course(*falls, train_accuracy=0.91)
    assert "make training images harder" in course(*falls, train_accuracy=0.5)
    assert "training itself got worse" in course([0.1, 0.2, 0.5], [0.2, 0.3, 0.5])
    assert "2 epochs are too few" in course([0.5, 0.2], [0.4, 0.5])
    assert "1 epoch is too few" in course([0.5], [0.4])


def test_losses_on_two_scales_are_said_to_be(facts):
    assert "two scales" not in model_text.course(facts)[0]
    config = deepcopy(facts.config)
    config.training.label_smoothing = 0.1
    text = model_text.course(replace(facts, config=config))[0]
    assert "on two scales: the first is cross-entropy with label smoothing of 0.1," in text


def test_nothing_is_read_into_images_that_were_made_harder(facts):
    history = tuple({**row, "train_accuracy": 0.5} for row in rows([0.5, 0.4], [0.3, 0.2]))
    items = limits_text.limits(replace(facts, history=history, best_epoch=2))
    assert not any("accuracy are" in item or "regularisation" in item for item in items)


def test_validation_and_test_are_compared_with_the_chance_of_both(facts):
    def promised(validation, size):
        chosen = replace(facts.chosen, facts={**facts.chosen.facts, "val_accuracy": validation})
        metrics = replace(facts.metrics, accuracy=0.9, size=size)
        sizes = {**facts.sizes, "validation": size}
        return test_text.accuracy(replace(facts, chosen=chosen, metrics=metrics, sizes=sizes))

    assert "promised 93.00 % on 100 images, 3.00 percentage points more, which is" in promised(
        0.93, 100
    )
    assert "(95 % interval of the difference 2.23 to 3.77" in promised(0.93, 10_000)
    assert "best of several trials is a little lucky" in promised(0.93, 10_000)
    assert "lucky" not in promised(0.87, 10_000)


def test_confidences_are_judged_beside_what_chance_would_show(facts):
    def text(**changes):
        changed = replace(facts, calibration=replace(facts.calibration, **changes))
        return test_text.calibration(changed), " ".join(limits_text.limits(changed))

    sure, advice = text(error=0.08, chance=0.01, surplus=0.07)
    assert "too sure by 7.0 percentage points on average" in sure
    assert "training.label_smoothing, before confidences" in advice
    unsure, advice = text(error=0.08, chance=0.01, surplus=-0.07)
    assert "not sure enough by 7.0" in unsure
    assert "scale the logits" in advice
    assert "images, or set training.label_smoothing" not in advice
    assert "too sure at some confidences" in text(error=0.08, chance=0.01, surplus=0.01)[0]
    few, advice = text(error=0.04, chance=0.03, surplus=0.03)
    assert "can be read as probabilities" in few
    assert "scale the logits" not in advice


def test_a_lead_of_more_epochs_is_held_against_chance(facts):
    assert len(facts.budgets) > 1
    assert "too little to show on 60 validation images" in model_text.budgets(
        replace(facts, sizes={**facts.sizes, "validation": 60})
    )
    assert "more than the chance of" in model_text.budgets(
        replace(facts, sizes={**facts.sizes, "validation": 10**9})
    )


def test_next_steps_follow_the_evidence(facts):
    items = " ".join(limits_text.limits(facts))
    assert "edge of the search space in epochs (4, the highest searched; widen towards 8)" in items
    assert "No searched parameter" in " ".join(limits_text.limits(replace(facts, edges=())))
    rare = {**facts.support, "3": 10}
    assert "Short of training images are 3 (10)" in " ".join(
        limits_text.limits(replace(facts, support=rare))
    )
    several = replace(facts, retrained=Retrained((1, 2), (0.9, 0.92)))
    assert "Every trial ran once" in items
    assert "Every trial ran once" not in " ".join(limits_text.limits(several))
    assert "91.00 %" in test_text.retrained(several)
    assert "standard deviation of 1.41 percentage points" in test_text.retrained(several)


def test_pruning_and_failures_are_counted(facts):
    text = search_text.saving(facts)
    assert (
        "1 of 7 trials that ended without failing were pruned (14 %), which spared 3 epochs"
        in text
    )
    assert "1 trial failed: trial 7 (training diverged in epoch 1)" in text
