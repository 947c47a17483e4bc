"""Pruners: built from a config in every process that uses one."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any, cast

from optuna.pruners import BasePruner, NopPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor.errors import ConfigError
from hydra_tailor.instantiate import build

KEY = "hydra.sweeper.pruner"
TRUSTED = (
    "optuna.pruners.*",
    "hydra_tailor.policy.AmongAlike",
    "hydra_tailor.policy.FreezeThaw",
    "hydra_tailor.policy.Promote",
)


def build_pruner(config: Mapping[str, Any] | None) -> BasePruner:
    """Build the pruner that `hydra.sweeper.pruner` describes; None means no pruning.

    Raises:
        ConfigError: the config does not describe a pruner.
    """
    if not config:
        return NopPruner()
    pruner = build(KEY, json.loads(json.dumps(config)), trusted=TRUSTED)
    if not isinstance(pruner, BasePruner):
        raise ConfigError(
            f"`{KEY}` must build an optuna.pruners.BasePruner, got a {type(pruner).__name__}."
        )
    return pruner


class AmongAlike(BasePruner):
    """Lets another pruner compare a trial only with those that share some of its parameters.

    When the learning rate falls to zero by the last epoch, a curve rises steeply at its end. So
    after three epochs a run of three is ahead of a run of twelve that would end far above it:
    compared epoch by epoch, long runs are pruned for being long. Among runs of the same length the
    comparison is fair.

    Args:
        wrapped_pruner: decides, given only the comparable trials.
        alike: names of the parameters whose values must be equal.
    """

    def __init__(self, wrapped_pruner: BasePruner, alike: Sequence[str]) -> None:
        self._wrapped = wrapped_pruner
        self._alike = tuple(alike)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        seen = cast(Study, _Alike(study, {name: trial.params.get(name) for name in self._alike}))
        return self._wrapped.prune(seen, trial)


class _Alike:
    """A study that shows only the trials with the given parameters."""

    def __init__(self, study: Study, parameters: Mapping[str, Any]) -> None:
        self._study = study
        self._parameters = parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return [
            trial
            for trial in self._study.get_trials(deepcopy=deepcopy, states=states)
            if all(trial.params.get(name) == value for name, value in self._parameters.items())
        ]
