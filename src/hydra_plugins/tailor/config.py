"""The keys of `hydra/sweeper=tailor`, its pruners, and `hydra/launcher=local`.

Samplers are those of hydra-optuna-sweeper, under the same group `hydra/sweeper/sampler`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


@dataclass
class TailorSweeperConf:
    """The first block means what it means to hydra-optuna-sweeper; the second is our own."""

    _target_: str = "hydra_plugins.tailor.sweeper.TailorSweeper"
    defaults: list[Any] = field(default_factory=lambda: [{"sampler": "tpe"}, {"pruner": "none"}])

    sampler: Any = MISSING
    direction: Any = "minimize"
    """`minimize` or `maximize`; a list for several objectives."""
    storage: Any = None
    """URL, or a `_target_` that builds a storage; null: `study.db` in the sweep's directory."""
    grace_period: int | None = None
    """Seconds without a sign of life after which another host's trials are taken over, the same on
    every host; null: 60. Storages that keep no such signs (SQLite, journal, gRPC) ignore it."""
    study_name: str | None = None
    """Null takes the name of the program."""
    n_trials: int = 20
    """Trials the study is to have in all, over every start of the command."""
    n_jobs: Any = "auto"
    """Trials at once: a number, -1 for one a core, or `auto` (what the launcher holds)."""
    max_failure_rate: float = 0.0
    """Share of the study's finished trials that may fail, in [0, 1]; above it the sweep stops."""
    custom_search_space: str | None = None
    """Dotted path of a function `(config, trial)` that suggests further parameters."""
    params: dict[str, Any] | None = None
    """The search space: a sweep for each key, in Hydra's grammar; a plain value fixes the key."""

    pruner: Any = MISSING
    min_failures: int = 1
    """Failed trials to see before `max_failure_rate` is judged."""
    retries: int = 0
    """Times that a failed configuration is run again, each time as a new trial."""
    timeout: float | None = None
    """Seconds after which this start of the command begins no further trial."""
    patience: int | None = None
    """Finished trials in a row without a better value after which the study is done."""
    target: float | None = None
    """Value that is good enough: the study is done when it is reached."""
    when: dict[str, Any] | None = None
    """For a parameter that exists only beside a choice of another: {this: {other: choice}}."""
    enqueue: list[Any] | None = None
    """Configurations to try first: a list of {parameter: value}; what is left out is sampled."""
    may_differ: list[str] = field(default_factory=list)
    """Keys that a start may set otherwise than the study was begun with, as paths of a host."""
    artifacts: Any = False
    """Folder for trials' pictures and with them notes, for optuna-dashboard; true: `artifacts` in
    the sweep's directory; false: none."""
    next_commands: list[str] = field(default_factory=list)
    """What the last lines suggest to type."""
    artifacts_url: str | None = None
    """fsspec URL to which each trial's results are copied when it ends: s3://..., file:///...

    Null leaves them in the run directory alone."""
    owner: str | None = None
    """Written by the sweep, for its jobs: the process that launches them."""


@dataclass
class LocalLauncherConf:
    _target_: str = "hydra_plugins.tailor.launcher.LocalLauncher"
    workers: Any = "auto"
    """Processes: a number, or `auto`: one a GPU, else one a core while memory suffices, within
    what a container allows of both."""
    memory_per_worker: float = 1.5
    """GiB that `auto` sets aside for a worker."""
    devices: list[Any] | None = None
    """The GPUs to use, one a worker in turn, by index or by the name that CUDA_VISIBLE_DEVICES
    gives them; null takes all that are visible."""
    trials_per_device: int = 1
    """Workers that share a GPU."""


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
    """Percent of trials, the best ones, that go on."""


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
    """The most reports of a trial, or `auto`: learnt from the first trials."""
    reduction_factor: int = 3
    bootstrap_count: int = 0


@dataclass
class PatientPruner:
    _target_: str = "optuna.pruners.PatientPruner"
    wrapped_pruner: Any = None
    """Config of the pruner to be patient with; null prunes on lost patience alone."""
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


PRUNERS = {
    "none": NoPruner,
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "successive_halving": SuccessiveHalvingPruner,
    "hyperband": HyperbandPruner,
    "patient": PatientPruner,
    "threshold": ThresholdPruner,
    "wilcoxon": WilcoxonPruner,
}

_store = ConfigStore.instance()
_store.store(group="hydra/sweeper", name="tailor", node=TailorSweeperConf, provider="tailor")
_store.store(group="hydra/launcher", name="local", node=LocalLauncherConf, provider="tailor")
for _name, _node in PRUNERS.items():
    _store.store(group="hydra/sweeper/pruner", name=_name, node=_node, provider="tailor")
