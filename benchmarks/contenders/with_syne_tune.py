# mypy: disable-error-code="import-not-found, import-untyped"
"""Searches by the schedulers of Syne Tune: `pip install syne-tune`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from syne_tune import config_space
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer.baselines import ASHA, ASHABORE, ASHACQR, BOHB, CQR
from syne_tune.optimizer.scheduler import SchedulerDecision

METRIC = "accuracy"
EPOCH = "epoch"
# Version 0.16 lacks MOBSTER, HyperTune, DyHPO and ASHA with promotion: its schedulers never resume
# a stopped trial.
EARLY_STOPPING = {"asha": ASHA, "bohb": BOHB, "ashacqr": ASHACQR, "ashabore": ASHABORE}
FULL_TRAININGS = {"cqr": CQR}


class SyneTuneSearch:
    """A search by a scheduler of Syne Tune, driven as its `Tuner` drives it.

    Args:
        algorithm: a key of `EARLY_STOPPING` or `FULL_TRAININGS`. Optional settings keep their
            defaults.
        space: the search space.
        epochs: number of epochs of a complete training.
        seed: of the scheduler, and of the global generator, from which BORE draws.
    """

    def __init__(
        self, algorithm: str, space: dict[str, BaseDistribution], *, epochs: int, seed: int
    ) -> None:
        np.random.seed(seed)  # noqa: NPY002, Syne Tune draws from it
        domains = {name: _domain(distribution) for name, distribution in space.items()}
        common = {"metric": METRIC, "do_minimize": False, "random_seed": seed}
        if algorithm in EARLY_STOPPING:
            scheduler = EARLY_STOPPING[algorithm]
            self._scheduler = scheduler(domains, time_attr=EPOCH, max_t=epochs, **common)
        else:
            self._scheduler = FULL_TRAININGS[algorithm](domains, **common)
        self._epochs = epochs
        self._trials: list[Trial] = []

    def next(self) -> tuple[int, dict[str, Any]] | None:
        if (suggestion := self._scheduler.suggest()) is None:
            return None
        if not suggestion.spawn_new_trial_id:
            trial = self._trials[suggestion.checkpoint_trial_id]
        else:
            trial = Trial(len(self._trials), suggestion.config, datetime.now())
            self._trials.append(trial)
            self._scheduler.on_trial_add(trial)
        return trial.trial_id, trial.config

    def report(self, number: int, epoch: int, value: float) -> bool:
        trial, result = self._trials[number], {METRIC: value, EPOCH: epoch}
        if self._scheduler.on_trial_result(trial, result) != SchedulerDecision.CONTINUE:
            self._scheduler.on_trial_remove(trial)
            return False
        if epoch == self._epochs:
            self._scheduler.on_trial_complete(trial, result)
            return False
        return True


def _domain(distribution: BaseDistribution) -> Any:
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    match distribution:
        case IntDistribution(log=True):
            draw = config_space.lograndint
        case IntDistribution():
            draw = config_space.randint
        case FloatDistribution(log=True):
            draw = config_space.loguniform
        case _:
            draw = config_space.uniform
    return draw(distribution.low, distribution.high)
