"""Figures of training and their captions."""

import pytest

from analysis.figures import interactive, static, training
from tailor import config as schema
from tests.studies import composed
from tests.unit.analysis.figures.views import trial


def test_a_trial_with_a_single_epoch_is_visible():
    long = trial(0, 0.9, accuracies=(0.8, 0.9))
    short = trial(1, state="pruned", accuracies=(0.7,))
    figure = training.all_curves((long, short), long)
    [ax] = static.draw(figure).axes
    assert [line.get_marker() for line in ax.lines] == ["o", "None"]
    assert [trace.mode for trace in interactive.draw(figure).data] == ["lines+markers", "lines"]
    assert "those with a single epoch are dots" in figure.caption
    assert "red dot is trial 1" in training.all_curves((long, short), short).caption


def test_the_highest_accuracy_is_inside_the_figure():
    peaked = trial(0, 0.7, accuracies=(0.5, 0.95, 0.7))
    figure = training.all_curves((peaked, trial(1, 0.8, accuracies=(0.6, 0.8))), peaked)
    low, high = figure.panels[0].y_range
    assert high > 0.95
    assert f"axis starts at {100 * low:.0f} %" in figure.caption


def test_the_caption_does_not_mention_an_axis_from_zero():
    poor = trial(0, 0.1, accuracies=(0.05, 0.1))
    figure = training.all_curves((poor,), poor)
    assert figure.panels[0].y_range[0] == 0
    assert "axis" not in figure.caption


HISTORY = [
    {"epoch": 1, "train_loss": 1, "val_loss": 1, "train_accuracy": 0.5, "val_accuracy": 0.5}
]


@pytest.mark.parametrize(
    ("settings", "words", "unit"),
    [
        pytest.param({}, None, "cross-entropy (nats)", id="plain"),
        pytest.param(
            {"training.loss": "{_target_:mine.FocalLoss}"},
            "training loss is FocalLoss, the validation loss plain cross-entropy",
            "loss",
            id="own",
        ),
        pytest.param(
            {"training.label_smoothing": 0.05, "training.class_weights": "balanced"},
            "cross-entropy with label smoothing of 0.05 and balanced class weights",
            "cross-entropy (nats)",
            id="other targets and weights",
        ),
        pytest.param(
            {"augment": "[flip,cutmix]"},
            "cross-entropy with cutmix",
            "cross-entropy (nats)",
            id="mixed images",
        ),
    ],
)
def test_the_losses_are_named(settings, words, unit):
    schema.register()
    figure = training.curves(HISTORY, 1, schema.run_config(composed("s", settings)))
    assert figure.panels[0].y_label == unit
    assert ("not their values" in figure.caption) == (words is not None)
    assert (words or "") in figure.caption
