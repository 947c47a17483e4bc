"""Importances of the searched parameters, compared with importances by chance alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import optuna
from optuna.study import Study, StudyDirection
from optuna.trial import create_trial

from analysis.read.study import StudyView

MIN_TRIALS_FOR_IMPORTANCES = 41
"""With fewer complete trials, no importances are computed.

PED-ANOVA compares the top tenth with all trials. From 41 trials on, the top tenth has the five
trials that Optuna recommends.
"""
PERMUTATIONS = 100
"""Number of times that the values are shuffled among the trials."""


@dataclass(frozen=True)
class Importances:
    """PED-ANOVA importances for the first objective.

    Attributes:
        shares: config key -> share of the importance in [0, 1], in descending order; empty with
            too few trials or varying parameters, and if no parameter separates the top tenth.
        trials: number of complete trials used; repeated trials count once.
        by_chance: the largest share stays below this value in 95 % of the cases in which the
            values are shuffled among the trials.
        several: whether two parameters or more vary. The share of a single one is always 1.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    trials: int = 0
    by_chance: float = 1.0
    several: bool = True

    @property
    def enough(self) -> bool:
        """Whether there are enough trials for importances."""
        return self.trials >= MIN_TRIALS_FOR_IMPORTANCES

    @property
    def beyond_chance(self) -> bool:
        """Whether the largest share exceeds that of shuffled values."""
        return max(self.shares.values(), default=0.0) > self.by_chance


def importances(view: StudyView, *, seed: int = 0) -> Importances:
    """Compute the importances of a study's parameters.

    Args:
        seed: of the permutations.

    Source: Watanabe et al. 2023, arXiv:2304.10255; permutation of the response as in Altmann et
    al. 2010, doi:10.1093/bioinformatics/btq134.
    """
    trials = view.distinct
    if len(trials) < MIN_TRIALS_FOR_IMPORTANCES:
        return Importances(trials=len(trials))
    if sum(len({repr(trial.params.get(key)) for trial in trials}) > 1 for key in view.spaces) < 2:
        return Importances(trials=len(trials), several=False)
    sign = -1.0 if view.maximize[0] else 1.0  # with a target, Optuna treats low values as good
    costs = sign * np.array([trial.values[0] for trial in trials])
    study = _study_of(view)
    shares = _shares(study, costs)
    if not shares:
        return Importances(trials=len(trials))
    random = np.random.default_rng(seed)
    largest = [
        max(_shares(study, random.permutation(costs)).values(), default=0.0)
        for _ in range(PERMUTATIONS)
    ]
    return Importances(shares, len(trials), float(np.quantile(largest, 0.95)))


def _study_of(view: StudyView) -> Study:
    """The distinct trials as a study in memory; their numbers are their ranks."""
    storage = optuna.storages.InMemoryStorage()
    storage.create_new_study([StudyDirection.MINIMIZE], study_name=view.name)
    # `create_study` would log the creation of this study, which is of no interest to users.
    study = optuna.load_study(study_name=view.name, storage=storage)
    study.add_trials(
        [
            create_trial(
                value=0.0, params=dict(trial.params), distributions=dict(trial.distributions)
            )
            for trial in view.distinct
        ]
    )
    return study


def _shares(study: Study, costs: Sequence[float] | np.ndarray) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the target, and on experimental importances
        found = optuna.importance.get_param_importances(
            study, target=lambda trial: float(costs[trial.number]), normalize=False
        )
    total = sum(found.values())
    if not total:  # ties leave no top tenth; Optuna would normalise to equal importances
        return {}
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return {key: float(value / total) for key, value in ordered}
