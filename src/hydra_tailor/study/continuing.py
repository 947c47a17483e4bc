"""Continuing a study: whether it is the same search, and which of its trials are abandoned."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from omegaconf import DictConfig, OmegaConf
from optuna.distributions import json_to_distribution
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import StudyError
from hydra_tailor.flat import differences, flat
from hydra_tailor.internals.optuna import (
    heartbeat_interval,
    stale_trial_ids,
    study_id,
    trial_id,
)
from hydra_tailor.space.parameter import describe
from hydra_tailor.study.owner import is_gone, this_process
from hydra_tailor.study.ranking import complete

STUDY_NAME_KEY = "hydra.sweeper.study_name"
ANEW = (f"{STUDY_NAME_KEY}=NEW_NAME",)
JOB_NUMBER = re.compile(r"\$\{hydra[.:]job\.(num|id)\}")


def fixed_settings(
    config: DictConfig, *, searched: Iterable[str], may_differ: Iterable[str]
) -> dict[str, Any]:
    """Return the settings that every job of a sweep shares, by dotted key.

    Interpolations stay unresolved, so a path that comes from an environment variable may differ
    between hosts. Values are converted by JSON, as in the storage: a structured config may hold
    enums, paths and bytes.

    Args:
        config: the composed config of one job, without its `hydra` node.
        searched: keys left out, with everything below them.
        may_differ: likewise.
    """
    left_out = [name.partition("@")[0] for name in (*searched, *may_differ)]
    plain = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    content = json.loads(json.dumps(plain, default=str))
    return {
        key: value
        for key, value in flat(content).items()
        if not any(key == name or key.startswith(f"{name}.") for name in left_out)
    }


def first_directory(sweep: DictConfig) -> Path | None:
    """The directory of trial 0; None where it depends on more than the trial's number.

    Args:
        sweep: the `hydra.sweep` node.
    """
    pattern = OmegaConf.to_container(sweep, resolve=False)
    assert isinstance(pattern, dict)
    subdir, numbers = JOB_NUMBER.subn("0", str(pattern["subdir"]))
    return Path(str(sweep.dir), subdir) if numbers and "$" not in subdir else None


def refuse_directory_of_another_study(
    storage: BaseStorage,
    study: str,
    directory: Path | None,
    *,
    shown: str,
    anew: Sequence[str] = ANEW,
) -> None:
    """Check that a new study does not write over the run directories of another one.

    Args:
        storage: only read.
        study: the study's name; it may not exist yet.
        directory: the directory of its trial 0, if it is known.
        shown: the storage's name in messages.
        anew: overrides that begin another study.

    Raises:
        StudyError: the study has no trial, and the directory exists.
    """
    if directory is None or not directory.exists():
        return
    # Query the storage after looking at the directory, so that a joining host finds the trial
    # that created it.
    try:
        if storage.get_n_trials(storage.get_study_id_from_name(study)):
            return
    except KeyError:
        pass  # there is no such study
    raise StudyError(
        f"{directory} holds a run of another search: study {study!r} has no trial in {shown} and "
        f"would write over it. Give this search a place of its own ({' '.join(anew)}), name the "
        "storage that holds the other search (hydra.sweeper.storage), or move "
        f"{directory.parent} away."
    )


def refuse_another_search(
    study: Study,
    storage: BaseStorage,
    *,
    space: Mapping[str, str],
    fixed: Mapping[str, Any],
    directions: Sequence[str],
    found: Mapping[str, str] = MappingProxyType({}),
    anew: Sequence[str] = ANEW,
    learning: Sequence[str] = (),
) -> None:
    """Check that a study was begun with the same space and settings; a new study stores them.

    Args:
        study: the study, with its name and directions.
        storage: the study's storage.
        space: signature of each parameter.
        fixed: settings that no trial changes.
        directions: one per objective.
        found: what the program's check of the jobs returned, by name.
        anew: overrides that begin another study.
        learning: further overrides with which that study learns from this one; empty: it cannot.

    Raises:
        StudyError: they differ; the message names the keys and both values.
    """
    begun = storage.get_study_system_attrs(study_id(study))
    search = {names.FIXED: fixed, names.SPACE: space}
    differing = differences(
        {"hydra.sweeper.direction": [way.name.lower() for way in study.directions]},
        {"hydra.sweeper.direction": list(directions)},
    )
    for name, now in search.items():
        if name in begun:
            shown = _in_words if name == names.SPACE else dict
            differing += differences(shown(begun[name]), shown(now))
    changed = differences(*_in_both(begun.get(names.FOUND, {}), found))
    if differing or changed:
        learns = learning and complete(study.get_trials(deepcopy=False))
        ways_out = (
            f"To begin a study that tries the best configurations of this one first, add "
            f"{' '.join((*anew, *learning))}"
            if learns
            else f"To begin another study, add {' '.join(anew)}"
        )
        what, to_continue = (
            ("settings", f"type the settings that it has: {'; '.join(differing)}")
            if differing
            else ("data", f"give it what it was begun with: {'; '.join(changed)}")
        )
        raise StudyError(
            f"study {study.study_name!r} was begun with other {what}, and its trials cannot be "
            f"compared with those of this search. {ways_out}. To continue this one, {to_continue}."
        )
    known = begun.get(names.FOUND, {})
    if found.keys() - known.keys():
        storage.set_study_system_attr(study_id(study), names.FOUND, {**known, **found})
    for name, now in search.items():
        if name not in begun:  # checked separately: a start may have been killed between the two
            storage.set_study_system_attr(study_id(study), name, dict(now))


def _in_both(
    before: Mapping[str, str], now: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Two mappings without the keys that only one of them has."""
    shared = before.keys() & now.keys()
    return {key: before[key] for key in shared}, {key: now[key] for key in shared}


def _in_words(space: Mapping[str, str]) -> dict[str, str]:
    """A space's signature as a reader sees it: `choice(8, 16) when model in ['cnn']`."""
    shown = dict(space)
    for key, signature in space.items():
        with contextlib.suppress(ValueError):  # an unknown signature stays as it is
            _, end = json.JSONDecoder().raw_decode(signature)
            shown[key] = describe(json_to_distribution(signature[:end])) + signature[end:]
    return shown


def abandoned(study: Study, storage: BaseStorage, *, ours: set[int]) -> list[FrozenTrial]:
    """Return trials left RUNNING by a process that is gone.

    On this host the process table decides; for other hosts, and other containers on this one, the
    heartbeat does, where the storage has one. A trial with our name that we do not run is
    abandoned too: we took it, but the storage's answer was lost.

    Args:
        ours: numbers of the trials that this process itself runs.
    """
    running = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if trial.number not in ours
    ]
    if not running:
        return []
    silent = set(stale_trial_ids(study, storage))
    owners = {trial.number: trial.user_attrs.get(names.OWNER) for trial in running}
    beats = heartbeat_interval(storage) is not None
    gone = {
        number: owner == this_process() or is_gone(owner, has_heartbeat=beats)
        for number, owner in owners.items()
    }
    return [
        trial
        for trial in running
        if gone[trial.number] or (gone[trial.number] is None and trial_id(trial) in silent)
    ]


def counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that use up the budget.

    Failed trials that were retried, trials that another one continues, and runs that confirm a
    trial do not count. If two processes began to continue the same trial at once, only the first
    counts.
    """
    left_out = {trial.number for trial in trials if names.CONFIRMS in trial.user_attrs}
    continued: set[int] = set()
    for trial in trials:
        if (retried := trial.user_attrs.get(names.RETRY_OF)) is not None:
            left_out.add(retried)
        if (before := trial.user_attrs.get(names.CONTINUES)) is not None:
            left_out.add(trial.number if before in continued else before)
            continued.add(before)
    return [trial for trial in trials if trial.number not in left_out]


def attempts(trials: Sequence[FrozenTrial], number: int) -> int:
    """Count the earlier attempts at a trial's configuration."""
    before = trials[number].user_attrs.get(names.RETRY_OF)
    return 0 if before is None else 1 + attempts(trials, before)
