"""When a search is done before its budget is spent."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import create_trial

from hydra_tailor import names
from hydra_tailor.sweep.settings import SweeperSettings
from hydra_tailor.sweep.stopping_rules import StoppingRules


@pytest.mark.parametrize("rule", [{"target": 0.95}, {"patience": 1}])
def test_runs_with_other_seeds_change_no_decision(rule: dict[str, float]) -> None:
    study = optuna.create_study(direction="maximize")
    values = (0.94, 0.95, 0.93)
    for value in values:
        study.add_trial(create_trial(value=value))
    for number, value in ((0, 0.99), (1, 0.90)):  # trial 0 has the better mean
        confirming = {names.CONFIRMS: number, names.SEED: 1}
        study.add_trial(create_trial(value=value, user_attrs=confirming))
    settings = SweeperSettings(direction="maximize", **rule)
    rules = StoppingRules(settings)
    assert "trial 1" in str(rules.reason(study, study.trials))
    assert rules.done
