"""Private names of Optuna 5 that the sweeper needs."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage

# Heartbeats are public only through `study.optimize`; the sweeper uses ask and tell.
from optuna.storages._heartbeat import BaseHeartbeat, is_heartbeat_enabled
from optuna.study import Study
from optuna.study._frozen import FrozenStudy  # what a storage lists; not exported
from optuna.trial import FrozenTrial, Trial

# Storages take ids, and Optuna's public objects have only numbers and names.


def study_id(study: Study | FrozenStudy) -> int:
    return study._study_id


def trial_id(trial: Trial | FrozenTrial) -> int:
    return trial._trial_id


def storage_of(study: Study) -> BaseStorage:
    """The storage behind a study, with Optuna's cache around it."""
    return study._storage


def id_of_number(study: Study, number: int) -> int:
    return study._storage.get_trial_id_from_study_id_trial_number(study._study_id, number)


FIXED_PARAMS = "fixed_params"
"""System attribute of a trial: parameters that were given to it, as `enqueue_trial` does."""

# The methods that Optuna's cache calls besides the public methods of a storage.
CALLED_BY_CACHE = ("_create_new_trial", "_set_trial_param", "_get_trials", "_get_best_trial_id")

PREPARE_TRIAL = "_get_prepared_new_trial"
"""The method of a database storage that numbers a new trial, within its transaction."""

STORAGE_CALLS = (
    *BaseStorage.__abstractmethods__,
    *BaseHeartbeat.__abstractmethods__,
    *CALLED_BY_CACHE,
)
"""Every method through which a storage is read or written."""


def behind_cache(storage: BaseStorage) -> BaseStorage:
    """The storage itself: the cache hides its settings, such as the heartbeat interval."""
    backend: BaseStorage = getattr(storage, "_backend", storage)
    return backend


def forget_cached_trials(study: Study) -> None:
    """Make the sampler read the trials again, as `Study.ask` does for each trial it creates."""
    study._thread_local.cached_all_trials = None


def beat(storage: BaseStorage, identity: int) -> None:
    """Record that a trial's process is alive, where the storage keeps heartbeats."""
    if is_heartbeat_enabled(storage):
        assert isinstance(storage, BaseHeartbeat)
        storage.record_heartbeat(identity)


def heartbeat_interval(storage: BaseStorage) -> int | None:
    """Seconds between two heartbeats; None where the storage keeps none."""
    if not is_heartbeat_enabled(storage):
        return None
    assert isinstance(storage, BaseHeartbeat)
    return storage.get_heartbeat_interval()


def stale_trial_ids(study: Study, storage: BaseStorage) -> list[int]:
    """Ids of RUNNING trials without a heartbeat within the grace period."""
    if not is_heartbeat_enabled(storage):
        return []
    assert isinstance(storage, BaseHeartbeat)
    return storage._get_stale_trial_ids(study._study_id)


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Whether a value lies in a distribution; Optuna checks this only while it suggests."""
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except (ValueError, TypeError):
        return False
