"""The config group `hydra/sweeper/pruner`: Optuna's pruners with their defaults, and our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class NoPruner:
    _target_: str = "optuna.pruners.NopPruner"


@dataclass
class MedianPruner:
    _target_: str = "optuna.pruners.MedianPruner"
    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = 1


@dataclass
class PercentilePruner(MedianPruner):
    _target_: str = "optuna.pruners.PercentilePruner"
    percentile: float = 25.0
    """Percentage of the trials that continue: the best ones."""


@dataclass
class SuccessiveHalvingPruner:
    _target_: str = "optuna.pruners.SuccessiveHalvingPruner"
    min_resource: Any = "auto"
    """Reports before the first decision, or `auto`."""
    reduction_factor: int = 4
    min_early_stopping_rate: int = 0
    bootstrap_count: int = 0


@dataclass
class HyperbandPruner:
    _target_: str = "optuna.pruners.HyperbandPruner"
    min_resource: int = 1
    max_resource: Any = "auto"
    """Largest number of reports of a trial, or `auto`: learnt from the first trials."""
    reduction_factor: int = 3
    bootstrap_count: int = 0


@dataclass
class PatientPruner:
    _target_: str = "optuna.pruners.PatientPruner"
    wrapped_pruner: Any = None
    """Config of the pruner whose decision is delayed; null prunes as soon as patience ends."""
    patience: int = 2
    min_delta: float = 0.0


@dataclass
class ThresholdPruner:
    _target_: str = "optuna.pruners.ThresholdPruner"
    lower: float | None = None
    upper: float | None = None
    n_warmup_steps: int = 0
    interval_steps: int = 1


@dataclass
class WilcoxonPruner:
    _target_: str = "optuna.pruners.WilcoxonPruner"
    p_threshold: float = 0.1
    n_startup_steps: int = 2


@dataclass
class Promote:
    _target_: str = "hydra_tailor.policy.Promote"
    first_rung: int = 2
    """Reports of a new trial before it pauses."""
    reduction_factor: int = 4
    """One in this many paused trials of a rung continues, to this many times the reports."""
    alike: list[str] = field(default_factory=list)
    """Only trials with equal values of these parameters are compared."""


@dataclass
class FreezeThaw:
    _target_: str = "hydra_tailor.policy.FreezeThaw"
    first_rung: int | None = None
    """Reports of a new trial before it pauses; null: a 13th of the longest trial's."""


PRUNERS = {
    "none": NoPruner,
    "freeze_thaw": FreezeThaw,
    "promote": Promote,
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "successive_halving": SuccessiveHalvingPruner,
    "hyperband": HyperbandPruner,
    "patient": PatientPruner,
    "threshold": ThresholdPruner,
    "wilcoxon": WilcoxonPruner,
}
"""Config classes by the NAME in `hydra/sweeper/pruner=NAME`."""
