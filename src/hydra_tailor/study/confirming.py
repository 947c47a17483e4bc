"""Confirming the winner: the best trials are trained again with other seeds."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor.policy.grid import Identity, identity
from hydra_tailor.study.ranking import as_searched, confirmations, maximizes, mean

SIGNIFICANT = 0.05
MIN_PAIRS = 3
"""Seeds that two trials must share before a test may remove one from the race."""


@dataclass(frozen=True)
class Confirmation:
    """Which of the best trials is trained again next, and with which seed.

    In each round, every trial of the race is trained with one further seed. A trial whose values
    are worse than the leader's beyond chance (paired over seeds, one-sided t test at 5 %) leaves
    the race. When one trial is left, no further seed is spent.

    Attributes:
        top: how many of the best configurations take part.
        seeds: the further seeds, in their order.
    """

    top: int
    seeds: Sequence[int]

    @property
    def n_runs(self) -> int:
        """How many runs there are at most."""
        return self.top * len(self.seeds)

    def next(self, study: Study, trials: Sequence[FrozenTrial]) -> tuple[FrozenTrial, int] | None:
        """Return a trial to train again, and its seed; None: none is left, or not yet.

        Args:
            study: defines the better direction.
            trials: the study's trials; none of its search may still run.
        """
        maximize = maximizes(study)
        race = leaders = self._leaders(trials, maximize=maximize)
        runs = confirmations(trials)
        for n_seeds, seed in enumerate(self.seeds):
            if n_seeds + 1 >= MIN_PAIRS:
                known = [runs.get((one.number, s)) for one in race for s in self.seeds[:n_seeds]]
                if not all(run is not None and run.state.is_finished() for run in known):
                    return None
                race = _still_racing(race, runs, maximize=maximize)
                if len(race) == 1 < len(leaders):
                    return None
            for trial in race:
                if (trial.number, seed) not in runs:
                    return trial, seed
        return None

    def _leaders(self, trials: Sequence[FrozenTrial], *, maximize: bool) -> list[FrozenTrial]:
        """The best distinct configurations, by the values with which the search chose them."""
        distinct: dict[Identity, FrozenTrial] = {}
        for trial in as_searched(trials, maximize=maximize):
            distinct.setdefault(identity(trial.params), trial)
        return list(distinct.values())[: self.top]


def _still_racing(
    race: Sequence[FrozenTrial], runs: Mapping[tuple[int, int], FrozenTrial], *, maximize: bool
) -> list[FrozenTrial]:
    """The trials that are not worse than the leader beyond chance."""
    sign = 1.0 if maximize else -1.0
    values: dict[int, dict[int | None, float]] = {
        trial.number: {None: sign * trial.values[0]} for trial in race
    }
    for (number, seed), run in runs.items():
        if number in values and run.state is TrialState.COMPLETE:
            values[number][seed] = sign * run.values[0]
    means = {number: mean(list(known.values())) for number, known in values.items()}
    leader = values[max(means, key=lambda number: means[number])]
    return [trial for trial in race if not _is_worse(values[trial.number], leader)]


def _is_worse(values: Mapping[int | None, float], leader: Mapping[int | None, float]) -> bool:
    from scipy.stats import ttest_rel  # not above: it takes a second, and few searches need it

    shared = [seed for seed in values if seed in leader]
    if values is leader or len(shared) < MIN_PAIRS:
        return False
    pairs = [values[seed] for seed in shared], [leader[seed] for seed in shared]
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # equal differences
        return bool(ttest_rel(*pairs, alternative="less").pvalue < SIGNIFICANT)
