"""The config group `hydra/sweeper/sampler`: what this package adds to the stock sweeper's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CurveSampler:
    _target_: str = "hydra_tailor.policy.CurveSampler"
    n_startup_trials: int = 6
    """Trials with a value before the model is used; until then draws are random."""
    seed: int | None = None


SAMPLERS = {"curves": CurveSampler}
"""Config classes by the NAME in `hydra/sweeper/sampler=NAME`."""
