"""Going on with a study: whether it is the same search, whose trials are left, what is to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from optuna.storages import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat, is_heartbeat_enabled
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from tailor import names
from tailor.errors import StudyError

from ._owner import is_gone, this_process

Flat = dict[str, Any]
NUMBER = re.compile(r"\$\{hydra[.:]job\.(num|id)\}")


def fixed_settings(
    config: DictConfig, *, searched: Iterable[str], may_differ: Iterable[str]
) -> Flat:
    """Flatten what every job of a sweep has in common, by dotted key.

    Interpolations stay as they are written, so a path that comes from an environment variable may
    differ from host to host. Values are as JSON gives them back, since a storage keeps JSON: a
    structured config may hold enums, paths and bytes.

    Args:
        config: the composed config of one job, without its `hydra` node.
        searched: keys left out, with everything below them.
        may_differ: likewise.
    """
    left_out = [name.lstrip("+").partition("@")[0] for name in (*searched, *may_differ)]
    plain = OmegaConf.to_container(config, resolve=False, enum_to_str=True)
    flat = _flatten(json.loads(json.dumps(plain, default=str)), "")
    return {
        key: value
        for key, value in flat.items()
        if not any(key == name or key.startswith(f"{name}.") for name in left_out)
    }


def _flatten(value: Any, prefix: str) -> Flat:
    if not isinstance(value, Mapping) or not value:
        return {prefix: value}
    flat: Flat = {}
    for key, inner in value.items():
        flat |= _flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat


def first_directory(sweep: DictConfig) -> Path | None:
    """Where trial 0 of a sweep runs; None where that depends on more than its number.

    Args:
        sweep: the `hydra.sweep` node.
    """
    pattern = OmegaConf.to_container(sweep, resolve=False)
    assert isinstance(pattern, dict)
    subdir, numbers = NUMBER.subn("0", str(pattern["subdir"]))
    return Path(str(sweep.dir), subdir) if numbers and "$" not in subdir else None


def refuse_directory_of_another_study(
    storage: BaseStorage, study: str, directory: Path | None, *, place: str
) -> None:
    """Check that a study without trials does not begin in the run directories of another one.

    Args:
        storage: is not changed.
        study: name of one that may not exist yet.
        directory: of its trial 0, where that is known.
        place: the storage's, in words.

    Raises:
        StudyError: there is a run in it.
    """
    if directory is None or not directory.exists():
        return
    # After that look: a host that joins sees the trial that the directory was made for.
    try:
        if storage.get_n_trials(storage.get_study_id_from_name(study)):
            return
    except KeyError:
        pass  # there is no such study
    raise StudyError(
        f"{directory} holds a run of another search: study {study!r} has no trial in {place} and "
        "would write over it. Give this search a name or a directory of its own (study=NEW_NAME, "
        "hydra.sweep.dir=NEW_DIRECTORY), name the storage that holds the other one "
        f"({names.STORAGE_VARIABLE}), or move {directory.parent} away."
    )


def refuse_another_search(
    study: Study,
    storage: BaseStorage,
    *,
    space: Mapping[str, str],
    fixed: Mapping[str, Any],
    directions: Sequence[str],
) -> None:
    """Check that a study was begun with the same space and settings; a new one remembers them.

    Raises:
        StudyError: it was not; the message names the keys and both values.
    """
    begun = storage.get_study_system_attrs(study._study_id)
    search = {names.FIXED: fixed, names.SPACE: space}
    differences = _differences(
        {"hydra.sweeper.direction": [one.name.lower() for one in study.directions]},
        {"hydra.sweeper.direction": list(directions)},
    )
    for name, now in search.items():
        if name in begun:
            differences += _differences(begun[name], now)
    if differences:
        raise StudyError(
            f"study {study.study_name!r} was begun with other settings, and trials of both cannot "
            f"be compared: {'; '.join(differences)}. Give this search a name of its own "
            "(study=NEW_NAME), or type the settings the study was begun with."
        )
    for name, now in search.items():
        if name not in begun:  # each for itself: a start may have been killed between the two
            storage.set_study_system_attr(study._study_id, name, dict(now))


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    missing = "(not set)"
    return [
        f"`{key}` was {before.get(key, missing)}, is {now.get(key, missing)}"
        for key in sorted({*before, *now})
        if not _same(before.get(key, missing), now.get(key, missing))
    ]


def _same(before: Any, now: Any) -> bool:
    """Whether two values are equal; as text too, since no NaN equals another."""
    return bool(before == now) or json.dumps(before) == json.dumps(now)


def abandoned(study: Study, storage: BaseStorage, *, ours: set[int]) -> list[FrozenTrial]:
    """Return trials left RUNNING by a process that is gone.

    On this host the process tells at once; of another host the heartbeat tells, where the storage
    has one. A trial that seems to be ours although we do not run it is one too: it was taken and
    the answer got lost.

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
    silent = set(_silent(study, storage))
    owners = {trial.number: trial.user_attrs.get(names.OWNER) for trial in running}
    gone = {number: owner == this_process() or is_gone(owner) for number, owner in owners.items()}
    return [
        trial
        for trial in running
        if gone[trial.number] or (gone[trial.number] is None and trial._trial_id in silent)
    ]


def _silent(study: Study, storage: BaseStorage) -> list[int]:
    if not is_heartbeat_enabled(storage):
        return []
    assert isinstance(storage, BaseHeartbeat)
    return storage._get_stale_trial_ids(study._study_id)


def counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that use up the budget: all but failed ones that were tried again."""
    repeated = {trial.user_attrs.get(names.RETRY_OF) for trial in trials}
    return [trial for trial in trials if trial.number not in repeated]


def attempts(trials: Sequence[FrozenTrial], number: int) -> int:
    """Count how often the configuration of a trial was tried before it."""
    before = trials[number].user_attrs.get(names.RETRY_OF)
    return 0 if before is None else 1 + attempts(trials, before)
