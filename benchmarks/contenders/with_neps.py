# mypy: disable-error-code="import-not-found, import-untyped"
"""Searches by the optimizers of NePS: `pip install neural-pipeline-search`."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import neps
import numpy as np
import torch
from neps import algorithms
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

EPOCH = "epoch"
OPTIMIZERS = {
    "asha": algorithms.asha,
    "async_hb": algorithms.async_hb,
    # What `optimizer="auto"` chooses for a space with a fidelity and without priors.
    "hyperband": algorithms.hyperband,
    # The only optimizer with a model that needs no download. Its documentation expects priors and
    # warns that it samples uniformly without them; 10 is the value of its example. On the default
    # base, hyperband, the model draws 30 configurations at once for the highest rung: 44 s each.
    "priorband": partial(
        algorithms.priorband, base="asha", bayesian_optimization_kick_in_point=10
    ),
    # ifbo is left out: it downloads its model, from figshare.com.
}
"""Each with its default settings, unless a comment says otherwise."""


class NepsSearch:
    """A search by NePS, which chooses a configuration together with the epoch to train it to.

    Args:
        algorithm: a key of `OPTIMIZERS`.
        space: the search space.
        epochs: number of epochs of a complete training.
        seed: NePS draws from global generators; they are seeded here.
    """

    def __init__(
        self, algorithm: str, space: dict[str, BaseDistribution], *, epochs: int, seed: int
    ) -> None:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002, NePS has no generator of its own
        torch.manual_seed(seed)
        fields = {name: _parameter(distribution) for name, distribution in space.items()}
        fidelity = {EPOCH: neps.IntegerFidelity(1, epochs)}
        pipeline_space = type("Space", (neps.PipelineSpace,), {**fields, **fidelity})()
        self._space = space
        self._optimizer = neps.AskAndTell(OPTIMIZERS[algorithm](pipeline_space))
        self._numbers: dict[str, int] = {}  # by NePS's id; a continuation has a new id
        self._asked: dict[int, list[Any]] = {}  # open requests of a trial, by epoch

    def next(self) -> tuple[int, dict[str, Any]] | None:
        while True:
            trial = self._optimizer.ask()
            previous = trial.metadata.previous_trial_id
            number = len(self._asked) if previous is None else self._numbers[previous]
            self._numbers[trial.metadata.id] = number
            asked = self._asked.setdefault(number, [])
            asked.append(trial)
            if len(asked) == 1:
                return number, self._values(trial.config)
            # With several workers, NePS also promotes trials that have not reached their epoch.
            # Such a trial continues without a pause, and the worker asks again.

    def report(self, number: int, epoch: int, value: float) -> bool:
        asked = self._asked[number]
        if epoch == asked[0].config[EPOCH]:
            self._optimizer.tell(asked.pop(0).metadata.id, 100 - value)
        return bool(asked)

    def _values(self, config: dict[str, Any]) -> dict[str, Any]:
        return {
            name: round(config[name])
            if isinstance(distribution, IntDistribution)
            else config[name]
            for name, distribution in self._space.items()
        }


def _parameter(distribution: BaseDistribution) -> Any:
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high = distribution.low, distribution.high
    # NePS 0.17 rounds the logarithm of a logarithmic integer: from 64 to 1024 it draws only four
    # values.
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return neps.Integer(low, high)
    return neps.Float(float(low), float(high), log=distribution.log)
