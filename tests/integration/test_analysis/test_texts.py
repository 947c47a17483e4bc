"""Sentences follow the facts: the facts of a real small study, changed one at a time."""

from dataclasses import replace

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis import config as schema
from analysis.analyze import choose
from analysis.explain import limits_text, model_text, search_text, test_text
from analysis.facts import Retrained, RunnerUp
from analysis.gather import gather
from analysis.metrics import Comparison
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
        return gather(view, restored, restored.load_test(), config, None).facts


def with_accuracy(facts, accuracy, low, high):
    changed = replace(facts.metrics, accuracy=accuracy, accuracy_low=low, accuracy_high=high)
    return test_text.accuracy(replace(facts, metrics=changed))


def test_goals_are_judged_with_their_interval(facts):
    text = with_accuracy(facts, 0.93, 0.92, 0.94)
    assert "goal of 90% is reached, with the whole interval above it" in text
    assert "goal of 95% is not reached; 2.00 % are missing" in text
    assert "90% is reached, though the interval includes" in with_accuracy(facts, 0.91, 0.89, 0.93)
    assert "90% is not reached" in with_accuracy(facts, 0.85, 0.84, 0.86)


def test_the_runner_up_is_told_apart_only_by_evidence(facts):
    other = facts.view.trials[0]
    chance = Comparison(10, 8, 0.8, 0.007, -0.022, 0.036)
    evidence = Comparison(90, 20, 1e-9, 0.243, 0.181, 0.305)
    near = replace(facts, runner_up=RunnerUp(other, chance, rank=2))
    far = replace(facts, runner_up=RunnerUp(other, evidence, rank=2))
    assert "well within chance" in search_text.certainty(near)
    assert "unlikely to be chance" in search_text.certainty(far)
    assert "p < 0.001" in search_text.certainty(far)
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
    assert "from epoch 3 on the network overfits" in text
    fine = replace(facts, history=rows([0.5, 0.2, 0.1], [0.4, 0.3, 0.2]), best_epoch=3)
    assert "no epoch at which overfitting sets in" in model_text.course(fine)[0]
    assert any("regularisation is the next lever" in item for item in limits_text.limits(over))


def test_next_steps_follow_the_evidence(facts):
    items = " ".join(limits_text.limits(facts))
    assert (
        "edge of the search space for epochs (4, the highest of the space; widen towards 8)"
        in (items)
    )
    assert "No searched parameter" in " ".join(limits_text.limits(replace(facts, edges=())))
    rare = {**facts.support, "3": 10}
    assert "Short of training images are 3 (10)" in " ".join(
        limits_text.limits(replace(facts, support=rare))
    )
    several = replace(facts, retrained=Retrained((1, 2), (0.9, 0.92)))
    assert "Every trial ran once" in items
    assert "Every trial ran once" not in " ".join(limits_text.limits(several))
    assert "91.00 %" in test_text.retrained(several)
    assert "standard deviation of 1.41 %" in test_text.retrained(several)


def test_pruning_and_failures_are_counted(facts):
    text = search_text.saving(facts)
    assert "1 of 7 trials that did not fail were pruned (14 %), which spared 3 epochs" in text
    assert "1 trial failed: trial 7 (training diverged in epoch 1)" in text
