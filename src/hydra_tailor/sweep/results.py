"""The file with the results of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from optuna.study import Study

from hydra_tailor.files import whole
from hydra_tailor.names import RESULTS_FILE
from hydra_tailor.study.ranking import best_of, further_values


def write_results(directory: Path, study: Study, extra: dict[str, Any]) -> None:
    """Write `optimization_results.yaml`: hydra-optuna-sweeper's keys, then further ones.

    Args:
        directory: the sweep's directory.
        study: a study with at least one complete trial.
        extra: further keys, added unchanged.
    """
    if len(study.directions) == 1:
        best = best_of(study)
        results: dict[str, Any] = {
            "name": "optuna",
            "best_params": best.params,
            "best_value": best.value,
            "best_trial": best.number,
        }
        further = further_values(study.get_trials(deepcopy=False))
        if best.number in further:
            results["further_values"] = further[best.number]
    else:
        results = {
            "name": "optuna",
            "solutions": [
                {"params": trial.params, "values": trial.values, "trial": trial.number}
                for trial in study.best_trials
            ],
        }
    with whole(directory / RESULTS_FILE) as temporary:
        OmegaConf.save(OmegaConf.create({**results, **extra}), temporary)
