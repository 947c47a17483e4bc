"""With which shorter trial a longer one begins."""

from __future__ import annotations

from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from hydra_tailor import names
from hydra_tailor.policy.pausing import epochs_claimed, epochs_reported
from hydra_tailor.study.extending import shorter_run

LENGTHS = CategoricalDistribution([10, 20, 50])
RATES = CategoricalDistribution([0.1, 0.3])


def trial(
    number: int,
    epochs: int,
    lr: float = 0.1,
    *,
    state: TrialState = TrialState.COMPLETE,
    reports: int | None = None,
    **attributes: Any,
) -> FrozenTrial:
    made = epochs if reports is None else reports
    found = create_trial(
        state=state,
        value=0.5 if state is TrialState.COMPLETE else None,
        params={"epochs": epochs, "lr": lr},
        distributions={"epochs": LENGTHS, "lr": RATES},
        intermediate_values={epoch: 0.5 for epoch in range(1, made + 1)},
        user_attrs={names.EPOCHS: epochs, **attributes},
    )
    found.number = number
    return found


def test_the_longest_of_the_shorter_ones() -> None:
    trials = [trial(0, 10), trial(1, 20), trial(2, 50)]
    new = trial(3, 50, state=TrialState.RUNNING, reports=0)
    found = shorter_run(new, trials, "epochs")
    assert found is not None
    assert found.number == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(trial(0, 10, lr=0.3), id="it differs in more"),
        pytest.param(trial(0, 20), id="it is as long"),
        pytest.param(trial(0, 50), id="it is longer"),
        pytest.param(trial(0, 10, state=TrialState.RUNNING), id="it runs"),
        pytest.param(trial(0, 10, state=TrialState.PRUNED), id="it did not come to its end"),
    ],
)
def test_none_to_begin_with(other: FrozenTrial) -> None:
    new = trial(1, 20, state=TrialState.RUNNING, reports=0)
    assert shorter_run(new, [other, new], "epochs") is None


def test_what_is_not_searched_extends_nothing() -> None:
    new = trial(1, 20, state=TrialState.RUNNING, reports=0)
    assert shorter_run(new, [trial(0, 10), new], "training.epochs") is None


def test_inherited_epochs_count_once() -> None:
    extended = trial(1, 50, state=TrialState.RUNNING, reports=25, extends=0)
    assert epochs_reported([trial(0, 20), extended]) == 25
    assert epochs_claimed([trial(0, 20), extended]) == 50


def test_a_trial_that_was_killed_while_it_inherited_counts_no_epoch_twice() -> None:
    extended = trial(1, 50, state=TrialState.WAITING, reports=5, extends=0)
    assert epochs_reported([trial(0, 20), extended]) == 20
