"""Comparison of trials in hand-written studies."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.measure import comparisons, search_bounds
from analysis.read.study import Space, StudyView, Trial

SPACES = {
    "training.epochs": Space(levels=(10, 20, 50)),
    "optimizer.lr": Space(low=0.01, high=1.0, log=True),
    "model.neurons": Space(levels=(10, 20, 30)),
}


def trial(number, *values, state="complete", epochs=10, lr=0.1, neurons=20, rows=0):
    return Trial(
        number=number,
        state=state,
        values=values,
        params={"training.epochs": epochs, "optimizer.lr": lr, "model.neurons": neurons},
        facts={},
        history=tuple({"epoch": row + 1, "seconds": 2.0} for row in range(rows)),
        directory=Path(str(number)),
    )


def study(*trials, objectives=("val_accuracy",), maximize=(True,)):
    return StudyView("s", objectives, maximize, trials, SPACES)


def test_ranks_by_the_first_objective_and_keeps_ties_in_order():
    view = study(trial(0, 0.8), trial(1, 0.9), trial(2, 0.9), trial(3, state="pruned"))
    assert [entry.number for entry in view.ranked] == [1, 2, 0]
    lower = study(*view.trials, objectives=("val_loss",), maximize=(False,))
    assert [entry.number for entry in lower.ranked] == [0, 1, 2]


def test_effects_give_the_trials_and_the_median_of_each_level():
    view = study(
        trial(0, 0.8, neurons=10),
        trial(1, 0.9, neurons=10),
        trial(2, 0.84, neurons=10),
        trial(3, 0.7, neurons=30),
    )
    levels = comparisons.effects(view)["model.neurons"]
    assert [(level.value, level.trials) for level in levels] == [(10, (1, 2, 0)), (30, (3,))]
    assert [level.median for level in levels] == [0.84, None]
    assert "training.epochs" not in comparisons.effects(view)  # a single level has no effect


@pytest.mark.parametrize(("pruned", "median"), [(1, 0.8), (2, None)])
def test_survivors_have_no_median(pruned, median):
    complete = [trial(number, 0.8 + number / 1e3, neurons=10) for number in (0, -1, 1)]
    ended = [trial(9 + number, state="pruned", neurons=10) for number in range(pruned)]
    levels = comparisons.effects(study(*complete, trial(5, 0.7, neurons=20), *ended))
    first = levels["model.neurons"][0]
    assert (first.pruned, first.median) == (pruned, median)


def test_pruned_trials_belong_to_a_part_of_the_interval():
    complete = [trial(i, i / 10, lr=10.0 ** (i - 4)) for i in range(4)]
    ended = [trial(9, state="pruned", lr=1e-5), trial(10, state="pruned", lr=5.0)]
    levels = comparisons.effects(study(*complete, *ended), groups=2)["optimizer.lr"]
    assert [level.pruned for level in levels] == [1, 1]


def test_repeated_trials_are_one():
    view = study(trial(0, 0.8), trial(1, 0.8), trial(2, 0.8, neurons=10))
    levels = comparisons.effects(view)["model.neurons"]
    assert [level.trials for level in levels] == [(2,), (0,)]
    assert [entry.number for entry in comparisons.front(view)] == [0, 2]


def test_a_continuous_parameter_is_split_into_parts_of_equal_count():
    view = study(*(trial(i, i / 10, lr=10.0 ** (i - 4)) for i in range(4)))
    levels = comparisons.effects(view, groups=2)["optimizer.lr"]
    assert [level.trials for level in levels] == [(1, 0), (3, 2)]
    assert levels[0].value == pytest.approx(10**-3.5)


def test_pruning_saves_the_epochs_that_were_not_run():
    view = study(trial(0, 0.9, rows=10), trial(1, state="pruned", epochs=20, rows=5))
    cost = comparisons.search_cost(view, default_epochs=8)
    assert (cost.epochs_saved, cost.seconds_saved) == (15, 30.0)
    assert cost.pruned_share == 0.5
    assert cost.seconds_spent == 30.0


def test_epochs_that_another_trial_began_with_were_trained_once():
    view = study(
        trial(0, 0.9, rows=10),
        replace(trial(1, 0.9, epochs=20, rows=20), began_with=0),
        trial(2, state="pruned", epochs=20, rows=5),
        replace(trial(3, 0.8, epochs=20, rows=20), began_with=2),
    )
    cost = comparisons.search_cost(view, default_epochs=99)
    assert (cost.complete, cost.pruned, cost.epochs_saved) == (3, 0, 0)
    assert cost.seconds_spent == 2.0 * (20 + 20)


def test_budgets_compare_equal_settings_where_the_study_has_them():
    equals = study(trial(0, 0.8, epochs=10), trial(1, 0.9, epochs=20))
    compared = comparisons.budgets(equals, equals.trials[1])
    assert compared.equal
    assert [(b.epochs, b.trial.number) for b in compared.budgets] == [(10, 0), (20, 1)]
    assert (compared.best.epochs, compared.reference.epochs) == (20, 10)
    ended = trial(3, state="pruned", epochs=20)
    mixed = study(trial(0, 0.8, epochs=10, lr=0.3), trial(1, 0.9, epochs=20), ended)
    compared = comparisons.budgets(mixed, mixed.trials[1])
    assert not compared.equal
    assert [(b.complete, b.pruned) for b in compared.budgets] == [(1, 0), (1, 1)]
    single = study(trial(0, 0.8), trial(1, 0.9))
    assert comparisons.budgets(single, single.trials[0]).best is None


def test_the_best_of_equal_budgets_is_the_first_in_the_ranking():
    view = study(trial(0, 0.9, epochs=20), trial(1, 0.9, epochs=10))
    assert comparisons.budgets(view, view.trials[0]).best.trial.number == 0


def test_the_front_has_the_trials_that_no_other_dominates():
    view = study(
        trial(0, 0.9, 100.0),
        trial(1, 0.8, 10.0),
        trial(2, 0.85, 120.0),  # worse than trial 0 in both
        trial(3, 0.89, 20.0),
        objectives=("val_accuracy", "seconds"),
        maximize=(True, False),
    )
    front = comparisons.front(view)
    assert [entry.number for entry in front] == [0, 3, 1]
    assert comparisons.knee(view, front).number == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"neurons": 30}, [("model.neurons", "high", 60)], id="top of a list"),
        pytest.param({"neurons": 10}, [("model.neurons", "low", 5)], id="bottom of a list"),
        pytest.param({"lr": 0.95}, [("optimizer.lr", "high", 2.0)], id="top of a log interval"),
        pytest.param({"lr": 0.1}, [], id="inside"),
    ],
)
def test_values_at_bounds_of_the_space(changes, expected):
    chosen = trial(0, 0.9, **{"epochs": 20, **changes})
    at_bounds = search_bounds.at_bounds(study(chosen), chosen)
    assert [(entry.key, entry.side, entry.suggestion) for entry in at_bounds] == expected
