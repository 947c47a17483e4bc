"""Trials that pause and go on, in real processes."""

from __future__ import annotations

import re

import pytest
from optuna.trial import TrialState

from hydra_tailor import names

from .conftest import Toy, X, states

pytestmark = pytest.mark.slow

LENGTH = 20
PAUSING = [
    X,
    f"epochs={LENGTH}",
    "pause=[0.01]",
    "hydra/sweeper/pruner=promote",
    "hydra.sweeper.n_trials=100",
    "hydra.sweeper.pictures=true",
]


def epochs_of(toy: Toy) -> int:
    """The reports of a study, each once: a trial that continues an ended one has its reports."""
    continued = {trial.user_attrs.get(names.CONTINUES) for trial in toy.trials}
    return sum(
        len(trial.intermediate_values) for trial in toy.trials if trial.number not in continued
    )


def test_a_budget_of_epochs_is_spent_and_its_advice_is_true(toy: Toy) -> None:
    ended = toy.run(*PAUSING, "hydra.sweeper.epoch_budget=40")
    assert epochs_of(toy) in (39, 40)  # one epoch is too few to begin a trial
    assert set(states(toy.study)) == {"C", "P"}
    (more,) = re.findall(r"hydra\.sweeper\.epoch_budget=\d+", ended.output)
    toy.run(*PAUSING, more)
    assert epochs_of(toy) in (79, 80)
    for trial in toy.trials:
        if trial.state is TrialState.COMPLETE:
            assert len(trial.intermediate_values) == LENGTH


def test_a_trial_that_ended_paused_has_its_note_and_its_curve(toy: Toy) -> None:
    toy.run(*PAUSING, "hydra.sweeper.epoch_budget=24")
    study = toy.study
    noted = study._storage.get_study_system_attrs(study._study_id)
    for trial in toy.trials:
        assert f"dashboard:{trial._trial_id}:note_ver" in noted
        assert any(key.startswith("artifacts:") for key in trial.system_attrs)
