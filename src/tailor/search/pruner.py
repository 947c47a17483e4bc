"""Pruners, built from a config in every process that asks one."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any, cast

from optuna.pruners import BasePruner, NopPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tailor.errors import ConfigError
from tailor.targets import build

KEY = "hydra.sweeper.pruner"


def build_pruner(config: Mapping[str, Any] | None) -> BasePruner:
    """Build the pruner that `hydra.sweeper.pruner` describes; None means no pruning.

    Raises:
        ConfigError: what it describes is no pruner.
    """
    if not config:
        return NopPruner()
    pruner = build(KEY, json.loads(json.dumps(config)))
    if not isinstance(pruner, BasePruner):
        raise ConfigError(
            f"`{KEY}` must build an optuna.pruners.BasePruner, got a {type(pruner).__name__}."
        )
    return pruner


class AmongAlike(BasePruner):
    """Lets another pruner compare a trial only with trials that share some of its parameters.

    A learning rate that falls to zero by the last epoch makes every curve rise steeply at its end.
    After three epochs a run of three is therefore ahead of a run of twelve that would pass it by
    far: compared step by step, long runs are pruned because they are long. Among runs of the same
    length the comparison is fair.

    Args:
        wrapped_pruner: decides, seeing the trials that are left.
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
