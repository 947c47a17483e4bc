"""Runs of different length: a longer run that is a shorter one, continued."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names


def shorter_run(
    trial: FrozenTrial, trials: Sequence[FrozenTrial], length_parameter: str
) -> FrozenTrial | None:
    """Return the longest complete trial with which a trial can begin.

    Args:
        trial: a new one, with its parameters.
        trials: of its study.
        length_parameter: the parameter that is the length of a run.

    Returns:
        A trial that differs in nothing but a smaller length; None where there is none.
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
