"""The keys of `hydra/sweeper=tailor`: defaults, rules and meanings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from omegaconf import MISSING, OmegaConf

from hydra_tailor.bounds import (
    bounded,
    broken,
    config_errors,
    problems_of,
    refuse_unknown_keys,
    ruled,
)
from hydra_tailor.errors import ConfigError
from hydra_tailor.instantiate import TARGET_RULE, is_target
from hydra_tailor.jobs.settings import AUTO, COUNT, is_count
from hydra_tailor.storage.passwords import secret_keys
from hydra_tailor.storage.typed_passwords import WHERE_IT_IS_SAFE

KEY = "hydra.sweeper"
FORMER_PARAMS = "search_space"
"""The stock sweeper's key for `params` before Hydra 1.2."""
DIRECTIONS = ("minimize", "maximize")


def _as_directions(value: Any) -> tuple[Any, ...]:
    """One or more directions as words; the stock sweeper's configs hold enums."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(getattr(direction, "name", direction) for direction in values)


def _are_directions(value: Any) -> bool:
    directions = _as_directions(value)
    return bool(directions) and all(direction in DIRECTIONS for direction in directions)


def _is_folder(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value != "")


def _is_chosen(value: Any) -> bool:
    return is_target(value) or value == MISSING


def _is_storage(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value != "") or is_target(value)


def _is_list_of_mappings(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
    )


def _are_names(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return value is None or all(isinstance(name, str) and name != "" for name in names)


def _is_mapping_of_mappings(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values())
    )


@dataclass
class SweeperSettings:
    """The first block is hydra-optuna-sweeper's, with the same meaning; the second is our own."""

    # A literal: many configs name the stock sweeper's class here, and composing then refuses it by
    # name. Otherwise Hydra would build that class with our keys.
    _target_: Literal["hydra_tailor.plugins.sweeper.TailorSweeper"] = (
        "hydra_tailor.plugins.sweeper.TailorSweeper"
    )
    defaults: list[Any] = field(default_factory=lambda: [{"sampler": "tpe"}, {"pruner": "none"}])

    sampler: Any = ruled(f"{TARGET_RULE}: type hydra/sweeper/sampler=NAME", _is_chosen)
    direction: Any = ruled(
        "minimize or maximize, or a list of these", _are_directions, default="minimize"
    )
    """`minimize` or `maximize`; a list for several objectives."""
    storage: Any = ruled(
        f"a URL, null, or {TARGET_RULE}",
        _is_storage,
        default=None,
    )
    """URL, or a `_target_` that builds a storage; null: `study.db` in the sweep's directory."""
    study_name: str | None = None
    """Null takes the program's name."""
    n_trials: int = bounded(20, at_least=1)
    """Number of configurations in the study, over all starts of the command."""
    n_jobs: Any = ruled(COUNT, is_count, default=AUTO)
    """Trials that run at once: a number, -1 for one per core, or `auto`: as many as the launcher
    can run."""
    max_failure_rate: float = bounded(0.5, at_least=0, at_most=1)
    """Largest share of failed trials among those that finished since this start; above it the
    sweep stops. In any search some configurations fail, by a NaN or for lack of memory. The
    default of hydra-optuna-sweeper is 0."""
    custom_search_space: str | None = None
    """Dotted path of a function `(config, trial)` that suggests further parameters."""
    params: dict[str, Any] | None = None
    """The search space: a sweep in Hydra's grammar for each key; a plain value fixes the key."""

    pruner: Any = ruled(
        f"null, or {TARGET_RULE}: type hydra/sweeper/pruner=NAME",
        lambda value: not value or _is_chosen(value),
    )
    """Config of the pruner; a config group."""
    epoch_budget: int | None = bounded(None, at_least=1, or_null=True)
    """Number of epochs (reports) that all trials of the study together may train, over all starts
    of the command; null: no limit. When `n_trials` is spent, paused trials use the rest."""
    grace_period: int | None = bounded(None, at_least=3, or_null=True)
    """Seconds without a heartbeat after which another host's trials are taken over; null: 60. It
    must be the same on every host. Ignored if the storage has no heartbeat (SQLite, journal,
    gRPC)."""
    min_failures: int = bounded(3, at_least=1)
    """Failed trials before `max_failure_rate` is applied; all trials if the study has fewer."""
    retries: int = bounded(0, at_least=0)
    """How often a failed configuration is run again, each time as a new trial; if the
    configurations are listed, as in a grid, also at a later start."""
    timeout: float | None = bounded(None, above=0, or_null=True)
    """Seconds after which this start of the command begins no further trial."""
    patience: int | None = bounded(None, at_least=1, or_null=True)
    """The study is done after this many finished trials in a row without a better value."""
    target: float | None = None
    """The study is done when a trial reaches this value."""
    when: dict[str, Any] | None = ruled(
        "a mapping of {parameter: {other parameter: choice or list of choices}}",
        _is_mapping_of_mappings,
        default=None,
    )
    """Conditions, `{parameter: {other: choice}}`: the parameter exists only with that choice."""
    enqueue: list[Any] | None = ruled(
        "a list of {parameter: value}", _is_list_of_mappings, default=None
    )
    """Configurations to try first: a list of {parameter: value}; missing values are sampled."""
    begin_with_config: bool = True
    """Whether the first trial of a new study has the config's own values, as far as they lie in
    the space. Ignored in a grid, which tries every configuration."""
    confirm: int = bounded(0, at_least=0)
    """Number of best configurations that are trained again with other seeds when the search is
    done, and ranked by the mean of their values. These runs count towards `epoch_budget`, of which
    at most half is kept for them, but not towards `n_trials`."""
    confirm_seeds: int = bounded(2, at_least=1)
    """Largest number of further seeds for each of them."""
    seed_key: str = "seed"
    """Key of the program's config that holds the seed."""
    length_parameter: str | None = None
    """Key of a run's length, for programs in which a longer run is a shorter one continued (no
    learning rate that depends on the length). A trial that differs from a complete one only by a
    larger length then begins with a copy of its files. Null: every run begins from scratch."""
    epochs_key: str | None = None
    """Key of the program's config that holds the number of epochs (reports) of a run. The
    remaining time is then estimated from the epochs of all runs; null: from those of the begun
    runs."""
    learn_from: Any = ruled(
        "the name of another study, a list of such names, or null", _are_names, default=None
    )
    """Other studies of the same storage whose best configurations a new study tries first. It uses
    the parameters that both studies have. From a list, it takes from each study in turn."""
    distinct: bool = True
    """Whether no configuration is drawn twice; the search then ends when all are tried. False lets
    the sampler repeat one, for example if results are noisy. Always false with a custom search
    space."""
    check_job: str | None = None
    """Dotted path of a function `(config)` that raises an error for configs that no job could run.
    It is called before anything is written, with the composed configs of some jobs, which together
    contain each choice of a config group. It may return texts by name, such as the checksum of the
    data: a later start of the study is refused if one of them has changed."""
    dry_run: bool = False
    """Whether to check the search, print its space and its budget, and run nothing."""
    may_differ: list[str] = field(default_factory=list)
    """Keys that may differ between the starts of one study, such as paths on a host."""
    pictures: Any = ruled("the path of a folder, true or false", _is_folder, default=False)
    """Folder for the pictures and notes of trials in optuna-dashboard; true: `pictures` in the
    sweep's directory; false: none."""
    picture_content: str | None = None
    """Dotted path of a `hydra_tailor.pictures.content.Content`; null draws reported values."""
    next_commands: list[str] = field(default_factory=list)
    """Commands that the summary suggests."""
    results_url: str | None = None
    """fsspec URL to which each trial's run directory is copied when the trial ends: s3://...,
    file:///... Null copies nothing."""
    results_exclude: list[str] = field(default_factory=list)
    """Names of files that are not copied to `results_url`."""
    owner: str | None = None
    """Set by the sweep for its jobs: the process that launches them."""

    @classmethod
    def from_hydra(cls, keys: dict[str, Any]) -> SweeperSettings:
        """Check what Hydra passes to the sweeper.

        Raises:
            ConfigError: one or more values are impossible; the message names them all.
        """
        if FORMER_PARAMS in keys:
            raise ConfigError(
                f"there is no key `{KEY}.{FORMER_PARAMS}`. Write each parameter in {KEY}.params, "
                "as in `lr: interval(0.001,0.1)`."
            )
        refuse_unknown_keys(cls, keys, prefix=KEY)
        with config_errors():
            settings = cls(**{key: _plain(value) for key, value in keys.items()})
        problems = problems_of(settings, KEY)
        if problems:
            raise ConfigError("; ".join(problems) + ".")
        return settings

    @property
    def directions(self) -> tuple[str, ...]:
        return _as_directions(self.direction)

    @property
    def lenders(self) -> tuple[str, ...]:
        """The names in `learn_from`, each once."""
        given = self.learn_from or []
        return tuple(dict.fromkeys(given if isinstance(given, list) else [given]))

    @property
    def several_objectives(self) -> bool:
        return len(self.directions) > 1

    def conflicts(self) -> list[str]:
        """Sentences about settings that exclude each other, and about secrets."""
        secrets = [
            f"`{key}` must be left out: it would be written into the files of every run. "
            f"{WHERE_IT_IS_SAFE}"
            for key in secret_keys(self.storage, f"{KEY}.storage")
        ]
        return secrets + (self._alone() if self.several_objectives else [])

    def _alone(self) -> list[str]:
        alone = {
            "patience": self.patience,
            "target": self.target,
            "confirm": self.confirm or None,
            "learn_from": self.learn_from,
        }
        return [
            broken(f"{KEY}.{key}", "left out where there are several objectives", value)
            for key, value in alone.items()
            if value is not None
        ]


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
