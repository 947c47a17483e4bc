"""Figures of a search, from hand-written studies."""

import pytest

from analysis.figures import interactive, search, static
from analysis.figures.spec import Line, Points
from analysis.measure.comparisons import front, knee
from analysis.measure.importances import Importances
from tests.unit.analysis.figures.views import study, trial


def test_the_best_so_far_rises_at_the_trial_that_raised_it():
    view = study(trial(0, 0.8), trial(1, state="fail"), trial(2, state="pruned"), trial(3, 0.9))
    figure = search.history(view, view.trials[3])
    [ax] = static.draw(figure).axes
    assert ax.lines[0].get_drawstyle() == "steps-post"
    assert interactive.draw(figure).data[0].line.shape == "hv"
    assert "of each complete trial" in figure.caption
    assert "crosses" not in figure.caption  # the pruned one left no history to draw


@pytest.mark.parametrize("draw", [search.history, search.cost])
def test_the_caption_mentions_the_star_if_there_is_one(draw):
    view = study(trial(0, 0.8), trial(1, 0.9), trial(2, state="pruned", accuracies=(0.7,)))
    assert "The star is the analysed trial" in draw(view, view.trials[1]).caption
    assert "The star" not in draw(view, view.trials[2]).caption


TWO = {"objectives": ("val_accuracy", "parameters"), "maximize": (True, False)}
THREE = {
    "objectives": ("val_accuracy", "seconds", "parameters"),
    "maximize": (True, False, False),
}


def test_caption_and_text_name_the_same_knee_on_a_tie():
    view = study(trial(0, 0.9, 200.0), trial(1, 0.8, 100.0), **TWO)  # each best in one
    expected = knee(view, front(view)).number
    assert f"knee is trial {expected}." in search.cost(view, view.trials[0]).caption


def test_two_objectives_have_their_front_joined():
    view = study(trial(0, 0.9, 200.0), trial(1, 0.8, 100.0), **TWO)
    figure = search.cost(view, view.trials[0])
    (line,) = [mark for mark in figure.panels[0].marks if mark.name == "Pareto front"]
    assert isinstance(line, Line)
    assert line.x == [100.0, 200.0]
    assert "Pareto front of validation accuracy and parameters" in figure.caption
    assert "wall-clock" not in figure.caption


def test_three_objectives_have_points_and_all_their_names():
    view = study(
        trial(0, 0.9, 20.0, 300.0),
        trial(1, 0.8, 30.0, 100.0),  # beaten in both that are drawn
        **THREE,
    )
    figure = search.cost(view, view.trials[0])
    (marks,) = [mark for mark in figure.panels[0].marks if mark.name == "Pareto front"]
    assert isinstance(marks, Points)
    assert len(marks.x) == 2
    assert "Pareto front of validation accuracy, seconds and parameters" in figure.caption
    assert "line" not in figure.caption


def test_the_caption_says_what_seconds_are():
    view = study(trial(0, 0.8), trial(1, 0.9))
    assert (
        "wall-clock time; other programs may have been running"
        in search.cost(view, view.trials[0]).caption
    )


def test_the_caption_of_importances_names_the_compared_trials():
    measured = Importances({"lr": 0.7, "layers": 0.3}, trials=50, by_chance=0.8)
    single = search.importances(study(), measured)
    assert "separating the top tenth of the 50 complete trials from the rest" in single.caption
    assert [guide.value for guide in single.panels[0].guides] == [0.8]
    several = search.importances(study(**TWO), measured)
    assert "complete trials by validation accuracy from the rest" in several.caption
