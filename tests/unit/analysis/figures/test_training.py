"""What the pictures of training show and say."""

from analysis.figures import interactive, static, training
from tests.unit.analysis.figures.views import trial


def test_a_trial_of_one_epoch_can_be_seen():
    long = trial(0, 0.9, accuracies=(0.8, 0.9))
    short = trial(1, state="pruned", accuracies=(0.7,))
    figure = training.all_curves((long, short), long)
    [ax] = static.draw(figure).axes
    assert [line.get_marker() for line in ax.lines] == ["o", "None"]
    assert [trace.mode for trace in interactive.draw(figure).data] == ["lines+markers", "lines"]
    assert "those of one epoch dots" in figure.caption
    assert "red dot is trial 1" in training.all_curves((long, short), short).caption


def test_the_highest_epoch_of_all_is_inside_the_picture():
    peaked = trial(0, 0.7, accuracies=(0.5, 0.95, 0.7))
    figure = training.all_curves((peaked, trial(1, 0.8, accuracies=(0.6, 0.8))), peaked)
    low, high = figure.panels[0].y_range
    assert high > 0.95
    assert f"cut below {low:.0%}" in figure.caption


def test_an_axis_from_zero_is_not_said_to_be_cut():
    poor = trial(0, 0.1, accuracies=(0.05, 0.1))
    figure = training.all_curves((poor,), poor)
    assert figure.panels[0].y_range[0] == 0
    assert "cut" not in figure.caption
