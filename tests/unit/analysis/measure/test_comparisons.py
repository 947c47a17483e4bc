"""Selection on studies written down by hand."""

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
    assert [found.number for found in view.ranked] == [1, 2, 0]
    lower = study(*view.trials, objectives=("val_loss",), maximize=(False,))
    assert [found.number for found in lower.ranked] == [0, 1, 2]


def test_effects_give_best_and_median_of_each_level():
    view = study(
        trial(0, 0.8, neurons=10),
        trial(1, 0.9, neurons=10),
        trial(2, 0.7, neurons=30),
    )
    levels = comparisons.effects(view)["model.neurons"]
    assert [(level.value, level.best) for level in levels] == [(10, 0.9), (30, 0.7)]
    assert levels[0].median == pytest.approx(0.85)
    assert "training.epochs" not in comparisons.effects(view)  # one level tells nothing


def test_a_continuous_parameter_is_cut_into_parts_of_equal_count():
    view = study(*(trial(i, i / 10, lr=10.0 ** (i - 4)) for i in range(4)))
    levels = comparisons.effects(view, groups=2)["optimizer.lr"]
    assert [level.trials for level in levels] == [(0, 1), (2, 3)]
    assert levels[0].value == pytest.approx(10**-3.5)


def test_pruning_saves_the_epochs_that_were_not_run():
    view = study(trial(0, 0.9, rows=10), trial(1, state="pruned", epochs=20, rows=5))
    found = comparisons.economy(view, default_epochs=8)
    assert (found.epochs_saved, found.seconds_saved) == (15, 30.0)
    assert found.pruned_share == 0.5
    assert found.seconds_spent == 30.0


def test_budgets_compare_equal_settings_where_the_study_has_them():
    twins = study(trial(0, 0.8, epochs=10), trial(1, 0.9, epochs=20))
    picked, equal = comparisons.budgets(twins, twins.trials[1])
    assert equal
    assert [(budget.epochs, budget.trial.number) for budget in picked] == [(10, 0), (20, 1)]
    mixed = study(trial(0, 0.8, epochs=10, lr=0.3), trial(1, 0.9, epochs=20))
    assert not comparisons.budgets(mixed, mixed.trials[1])[1]


def test_the_front_holds_what_no_other_beats():
    view = study(
        trial(0, 0.9, 100.0),
        trial(1, 0.8, 10.0),
        trial(2, 0.85, 120.0),  # worse than trial 0 in both
        trial(3, 0.89, 20.0),
        objectives=("val_accuracy", "seconds"),
        maximize=(True, False),
    )
    front = comparisons.front(view)
    assert [found.number for found in front] == [0, 3, 1]
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
def test_edges_of_the_space_are_found(changes, expected):
    chosen = trial(0, 0.9, **{"epochs": 20, **changes})
    found = [(e.key, e.side, e.suggestion) for e in search_bounds.edges(study(chosen), chosen)]
    assert found == expected
