"""A study as plain values: what the report knows of its trials comes from here."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import Study
from optuna.trial import FrozenTrial

from analysis.read.run_directories import results_url_of, run_directories, study_directory
from analysis.read.run_files import read_history, read_result
from hydra_tailor import names as sweep_names
from hydra_tailor.study.ranking import further_values, order_of
from tailor import names
from tailor.errors import DamagedFile, StudyError
from tailor.training.result import Row
from tailor.training.stored_config import read_run_config

COMPLETE, PRUNED, FAIL = "complete", "pruned", "fail"


@dataclass(frozen=True)
class Space:
    """The search space of a parameter.

    Attributes:
        levels: all values in order, if there are few; otherwise None.
        low, high: inclusive bounds of an interval; None for a list of choices.
        log: whether the interval is searched on a log scale.
    """

    levels: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    log: bool = False


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        state: `complete`, `pruned`, `fail`, `running` or `waiting`.
        values: one per objective; empty unless complete.
        params: searched config key -> value.
        facts: the known values of `names.RESULT_ATTRIBUTES`.
        history: rows of its `metrics.csv`; empty if the file is missing.
        directory: its run directory, or a copy of it.
        fail_reason: the recorded reason of a failed trial.
        results_url: URL to which its files were uploaded, if any.
        began_with: number of the trial that it continues, if any: its first epochs are that
            trial's.
        distributions: searched config key -> the distribution that the value was drawn from.
    """

    number: int
    state: str
    values: tuple[float, ...]
    params: Mapping[str, Any]
    facts: Mapping[str, float]
    history: tuple[Row, ...]
    directory: Path
    fail_reason: str | None = None
    results_url: str | None = None
    began_with: int | None = None
    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for two trials of which one repeats the other: same parameters, same result.

        The same config and seed give the same bits, so such a trial adds no evidence.
        """
        result = (self.facts.get(names.VAL_ACCURACY), self.facts.get(names.VAL_LOSS))
        known = result if None not in result else self.values
        return repr(sorted(self.params.items())), known


@dataclass(frozen=True)
class StudyView:
    """A study.

    Attributes:
        objectives: their names, such as `val_accuracy`.
        maximize: one flag per objective.
        spaces: searched config key -> its space.
        further_values: trial number -> values of further runs with other seeds; these runs are not
            in `trials`.
        is_single_run: whether this is one run in its directory, represented as a study of one
            trial.
        run_read_test: whether that run read the test split at its end; a trial of a search does
            not.
    """

    name: str
    objectives: tuple[str, ...]
    maximize: tuple[bool, ...]
    trials: tuple[Trial, ...]
    spaces: Mapping[str, Space]
    further_values: Mapping[int, Sequence[float]] = field(default_factory=dict)
    is_single_run: bool = False
    run_read_test: bool = False

    @functools.cached_property
    def ranked(self) -> tuple[Trial, ...]:
        """The complete trials, best first, in the same order as the search ranks them.

        Of equal values, the earlier trial is better. Every sentence, table and figure uses this
        order.
        """
        complete = {trial.number: trial for trial in self.in_state(COMPLETE)}
        values = {number: trial.values[0] for number, trial in complete.items()}
        order = order_of(values, self.further_values, maximize=self.maximize[0])
        return tuple(complete[number] for number in order)

    @functools.cached_property
    def distinct(self) -> tuple[Trial, ...]:
        """`ranked` without trials that repeat a better ranked one."""
        first: dict[tuple[Any, ...], Trial] = {}
        for trial in self.ranked:
            first.setdefault(trial.identity, trial)
        return tuple(first.values())

    @functools.cached_property
    def pruned(self) -> tuple[Trial, ...]:
        """The pruned trials, without those that another trial continued."""
        continued = {trial.began_with for trial in self.trials}
        return tuple(t for t in self.in_state(PRUNED) if t.number not in continued)

    def is_best(self, trial: Trial) -> bool:
        """Whether a trial of any state ranks first."""
        return bool(self.ranked) and self.ranked[0].number == trial.number

    def position(self, trial: Trial) -> int:
        """Rank of a complete trial, starting at 1."""
        return [other.number for other in self.ranked].index(trial.number) + 1

    def numbered(self, number: int) -> Trial:
        """The trial with this number, which must exist."""
        return next(trial for trial in self.trials if trial.number == number)

    def home_of(self, trial: Trial) -> Path:
        """The directory that an analysis of this trial is written into."""
        return trial.directory if self.is_single_run else study_directory(trial.directory)

    def in_state(self, state: str) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.state == state)


def read_study(study: Study) -> StudyView:
    """Read a study and the files of its trials.

    Raises:
        StudyError: the files were uploaded to a URL that cannot be read.
    """
    maximize = tuple(
        direction == optuna.study.StudyDirection.MAXIMIZE for direction in study.directions
    )
    every = study.get_trials(deepcopy=False)
    frozen = [trial for trial in every if sweep_names.CONFIRMS not in trial.user_attrs]
    directories = run_directories(study, frozen)
    trials = tuple(_trial(trial, directories[trial.number]) for trial in frozen)
    return StudyView(
        name=study.study_name,
        objectives=_objectives(study, trials),
        maximize=maximize,
        trials=trials,
        spaces=_spaces(frozen),
        further_values=further_values(every),
    )


def _trial(trial: FrozenTrial, directory: Path) -> Trial:
    return Trial(
        number=trial.number,
        state=trial.state.name.lower(),
        values=tuple(trial.values or ()) if trial.state.name.lower() == COMPLETE else (),
        params=dict(trial.params),
        facts=_facts(trial, directory),
        history=tuple(read_history(directory)),
        directory=directory,
        fail_reason=trial.user_attrs.get(sweep_names.FAIL_REASON),
        results_url=results_url_of(trial),
        began_with=trial.user_attrs.get(
            sweep_names.CONTINUES, trial.user_attrs.get(sweep_names.EXTENDS)
        ),
        distributions=dict(trial.distributions),
    )


def _facts(trial: FrozenTrial, directory: Path) -> dict[str, float]:
    """The trial's attributes, completed by the run's own result."""
    known = {**read_result(directory), **trial.user_attrs}
    return {key: known[key] for key in names.RESULT_ATTRIBUTES if known.get(key) is not None}


def _objectives(study: Study, trials: Sequence[Trial]) -> tuple[str, ...]:
    """Names of the objectives, from the study or from the config of one of its runs."""
    if study.metric_names:
        return tuple(study.metric_names)
    for trial in trials:
        with contextlib.suppress(StudyError, DamagedFile):
            return read_run_config(trial.directory).objectives
    return tuple(f"objective {index + 1}" for index in range(len(study.directions)))


def _spaces(trials: Sequence[FrozenTrial]) -> dict[str, Space]:
    """The union of the spaces of all trials, per parameter."""
    spaces: dict[str, Space] = {}
    for trial in trials:
        for key, distribution in trial.distributions.items():
            space = _space(distribution)
            spaces[key] = _union(spaces[key], space) if key in spaces else space
    return spaces


def _union(first: Space, second: Space) -> Space:
    if first == second:
        return first
    if first.low is not None and second.low is not None:
        assert first.high is not None
        assert second.high is not None
        levels = set(first.levels or ()) | set(second.levels or ())
        return Space(
            levels=tuple(sorted(levels)) if first.levels and second.levels else None,
            low=min(first.low, second.low),
            high=max(first.high, second.high),
            log=first.log and second.log,
        )
    return Space(levels=_ordered([*(first.levels or ()), *(second.levels or ())]))


def _ordered(levels: Sequence[Any]) -> tuple[Any, ...]:
    """Distinct values: numbers in ascending order, names in their given order."""
    unique = tuple(dict.fromkeys(levels))
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in unique)
    return tuple(sorted(unique)) if numeric else unique


def _space(distribution: BaseDistribution) -> Space:
    if isinstance(distribution, CategoricalDistribution):
        return Space(levels=_ordered(distribution.choices))
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    low, high = distribution.low, distribution.high
    levels = None
    if isinstance(distribution, IntDistribution) and (high - low) // distribution.step < 12:
        levels = tuple(range(int(low), int(high) + 1, distribution.step))
    return Space(levels=levels, low=low, high=high, log=distribution.log)
