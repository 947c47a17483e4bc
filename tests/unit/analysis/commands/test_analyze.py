"""The trial that an analysis is about."""

import optuna
import pytest

from analysis.commands.analyze import _trial_of
from hydra_tailor import names as sweep_names
from tailor.errors import StudyError


def test_a_run_that_confirms_a_trial_names_that_trial():
    study = optuna.create_study(direction="maximize")
    study.add_trial(optuna.trial.create_trial(value=0.9))
    confirms = {sweep_names.CONFIRMS: 0, sweep_names.SEED: 1}
    study.add_trial(optuna.trial.create_trial(value=0.8, user_attrs=confirms))
    with pytest.raises(StudyError, match=r"trial 1 .* repeats trial 0 with seed 1.*trial=0"):
        _trial_of(study, 1)
