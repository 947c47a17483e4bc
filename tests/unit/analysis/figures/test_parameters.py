"""Figures of searched parameters, from hand-written studies."""

import numpy as np

from analysis.figures import parameters
from analysis.measure import comparisons
from analysis.read.study import Space
from tests.unit.analysis.figures.views import study, trial

FEW = Space(levels=(1, 2, 3, 4), low=1, high=4, log=True)  # tag(log, int(interval(1, 4)))


def test_few_levels_are_drawn_at_their_ranks_even_on_a_log_scale():
    view = study(
        *(trial(number, 0.9, layers=number % 4 + 1) for number in range(8)),
        spaces={"layers": FEW},
    )
    figure = parameters.effects(view, view.trials[0], comparisons.effects(view))
    (panel,) = figure.panels
    assert not panel.x_log
    assert panel.x_ticks == [(0, "1"), (1, "2"), (2, "3"), (3, "4")]


def test_few_levels_have_finite_heights_in_parallel_coordinates():
    view = study(
        *(trial(number, 0.9, layers=number % 4 + 1, lr=0.1) for number in range(8)),
        spaces={"layers": FEW, "lr": Space(low=0.01, high=1.0, log=True)},
    )
    lines = parameters.parallel(view, view.trials[0]).panels[0].marks
    assert {round(line.y[0], 3) for line in lines} == {0.0, 0.333, 0.667, 1.0}
    assert all(np.isfinite(line.y).all() for line in lines)


LR = {"lr": Space(low=0.01, high=1.0, log=True)}


def test_the_best_trial_of_a_part_is_drawn_at_its_own_value():
    rates = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
    view = study(
        *(trial(number, 0.8 + number / 100, lr=lr) for number, lr in enumerate(rates)), spaces=LR
    )
    figure = parameters.effects(view, view.trials[7], comparisons.effects(view))
    _, best, star = figure.panels[0].marks  # parts of two trials have no median
    assert best.x == [0.02, 0.1, 0.3, 0.9]
    assert best.x[-1] == star.x[0]
    assert "median" not in figure.caption
    assert "The star is the analysed trial" in figure.caption


def test_a_median_is_drawn_at_the_mean_of_its_part():
    rates = np.geomspace(0.01, 0.9, 12)
    view = study(
        *(trial(number, 0.8 + number / 100, lr=lr) for number, lr in enumerate(rates)), spaces=LR
    )
    figure = parameters.effects(view, view.trials[11], comparisons.effects(view))
    _, best, median, _ = figure.panels[0].marks
    assert len(median.x) == 4
    assert best.x[-1] > median.x[-1]
    assert "The dashed line joins the medians; that of a part" in figure.caption


def test_captions_do_not_mention_a_pruned_trial():
    complete = (trial(number, 0.9 + number / 100, lr=0.1 * number + 0.1) for number in range(4))
    view = study(*complete, trial(4, state="pruned", lr=0.1), spaces=LR)
    best, pruned = view.trials[3], view.trials[4]
    assert "trial 3 is thick" in parameters.parallel(view, best).caption
    assert "thick" not in parameters.parallel(view, pruned).caption
    assert "star" not in parameters.effects(view, pruned, comparisons.effects(view)).caption
