"""How many epochs a search trains in all."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution
from optuna.samplers import RandomSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from hydra_tailor import names
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.study.workload import Lengths, epochs_in_all

EPOCHS, LAYERS = (10, 20, 50), (2, 3)
CELLS = [{"epochs": n, "layers": k} for n, k in itertools.product(EPOCHS, LAYERS)]
GRID = Lengths("epochs", cells=CELLS)


def study(
    *begun: tuple[dict[str, Any], TrialState, int],
    budget: int = 6,
    epoch_budget: int | None = None,
) -> SharedStudy:
    """A study with trials of given cells, states and numbers of reports."""
    shared = SharedStudy(
        InMemoryStorage(),
        "s",
        directions=("maximize",),
        sampler=RandomSampler(),
        budget=budget,
        epoch_budget=epoch_budget,
    )
    spaces = {"epochs": CategoricalDistribution(EPOCHS), "layers": CategoricalDistribution(LAYERS)}
    for cell, state, reports in begun:
        trial = create_trial(
            state=state,
            params=cell,
            distributions=spaces,
            value=0.5 if state is TrialState.COMPLETE else None,
            intermediate_values=dict.fromkeys(range(1, reports + 1), 0.5),
        )
        shared.study.add_trial(trial)
    return shared


def text(shared: SharedStudy, lengths: Lengths) -> str:
    return str(epochs_in_all(shared, shared.trials, lengths))


def test_a_grid_is_known_before_it_begins() -> None:
    assert text(study(), GRID) == "160"


def test_a_grid_stays_what_it_is_while_it_runs() -> None:
    shared = study((CELLS[0], TrialState.COMPLETE, 10), (CELLS[4], TrialState.RUNNING, 7))
    assert text(shared, GRID) == "160"


def test_a_longer_run_contains_the_shorter_one() -> None:
    lengths = Lengths("epochs", cells=CELLS, extends=True)
    assert text(study((CELLS[0], TrialState.COMPLETE, 10)), lengths) == "100"


def test_a_part_of_a_grid_is_as_long_as_the_average() -> None:
    assert text(study(budget=3), GRID) == "about 80"


def test_trials_that_were_pruned_shorten_those_to_come() -> None:
    shared = study((CELLS[4], TrialState.PRUNED, 25))
    assert text(shared, GRID) == f"about {25 + (160 - 50) / 2:.0f}"


def test_the_budget_of_epochs_bounds_it() -> None:
    assert text(study(epoch_budget=100), GRID) == "100"


@pytest.mark.parametrize(
    ("lengths", "expected"), [(Lengths(), "None"), (Lengths(constant=8), "about 48")]
)
def test_what_is_not_searched(lengths: Lengths, expected: str) -> None:
    assert text(study(), lengths) == expected


def test_a_program_that_says_its_epochs_needs_no_key() -> None:
    shared = study((CELLS[0], TrialState.COMPLETE, 10), budget=3)
    running = shared.study.ask()
    running.set_user_attr(names.EPOCHS, 20)
    assert text(shared, Lengths()) == "None"  # nothing is known of the first one
    shared = study(budget=3)
    shared.study.ask().set_user_attr(names.EPOCHS, 20)
    assert text(shared, Lengths()) == "about 60"


def test_paused_trials_go_on_only_while_a_budget_lasts() -> None:
    """Without a budget of epochs the search ends with its leader."""
    for epoch_budget, expected in ((None, 10 + 10), (1000, 10 + 50)):
        shared = study((CELLS[0], TrialState.COMPLETE, 10), budget=2, epoch_budget=epoch_budget)
        shared.study.add_trial(
            create_trial(
                state=TrialState.WAITING,
                intermediate_values=dict.fromkeys(range(1, 11), 0.5),
                system_attrs={"fixed_params": CELLS[4], names.UNTIL: 10},
                user_attrs={names.EPOCHS: 50},
            )
        )
        found = epochs_in_all(shared, shared.trials, GRID)
        assert found is not None
        assert found.number == expected


def test_all_cells_together() -> None:
    assert GRID.of_cells() == 160
    assert Lengths("missing", cells=CELLS).of_cells() is None
    assert Lengths(constant=3).of_cells() is None


def test_a_budget_without_end_takes_no_time() -> None:
    assert text(study(budget=10**9), Lengths(constant=2.0)) == "about 2,000,000,000"
