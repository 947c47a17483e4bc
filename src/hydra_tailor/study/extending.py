"""Runs of different length: a longer run may continue a shorter one."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names


def shorter_run(
    trial: FrozenTrial, trials: Sequence[FrozenTrial], length_parameter: str
) -> FrozenTrial | None:
    """Return the longest complete trial that a new trial can continue.

    Args:
        trial: the new trial, with its parameters.
        trials: the study's trials.
        length_parameter: the parameter that is the length of a run.

    Returns:
        A trial that differs only by a smaller length; None if there is none.
    """
    others = _others(trial, length_parameter)
    candidates = [
        known
        for known in trials
        if known.state is TrialState.COMPLETE
        and length_parameter in known.params
        and known.params[length_parameter] < trial.params.get(length_parameter, 0)
        and _others(known, length_parameter) == others
    ]
    return max(candidates, key=lambda known: known.params[length_parameter], default=None)


def _others(trial: FrozenTrial, name: str) -> dict[str, object]:
    others = {key: value for key, value in trial.params.items() if key != name}
    return {**others, names.SEED: trial.user_attrs.get(names.SEED)}
