"""The trial of the running job, in any process and on any host.

A job of any Hydra program under `hydra/sweeper=tailor` may do this:

    trial = current_trial()
    for epoch in ...:
        trial.report(value, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

The number of the trial and the storage of its study come from Hydra's own config of the job.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from hydra_tailor import names
from hydra_tailor.errors import StorageAway, TrialInterrupted, TrialTaken

SWEEPER = "hydra_tailor.plugins.sweeper.TailorSweeper"


class RunningTrial:
    """A trial as its job sees it. This null object, used outside a search, ignores every call."""

    number: int | None = None

    def expect(self, epochs: int) -> None:
        """Announce the number of epochs that will be reported; a policy pauses a trial by it.

        Raises:
            TrialInterrupted: another process has taken the trial over; this job should end.
        """

    def report(self, value: float, epoch: int) -> None:
        """Report the value reached after `epoch` (an int of 0 or more).

        In a search for several objectives it is stored and shown, but no trial pauses or is pruned
        by it.

        Raises:
            TrialInterrupted: the search is stopping, or another process has taken the trial over.
                Do not catch it. The trial continues later, so save its state before reporting.
        """

    def should_prune(self) -> bool:
        """Whether the job should end now, by raising `optuna.TrialPruned`."""
        return False

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store a value that JSON can represent with the trial.

        Raises:
            ValueError: the sweep itself uses this name.
        """


NO_TRIAL = RunningTrial()


def current_trial() -> RunningTrial:
    """Return the trial of the running job, or `NO_TRIAL` outside a search."""
    if not HydraConfig.initialized():
        return NO_TRIAL
    hydra = HydraConfig.get()
    sweeper = hydra.sweeper
    if OmegaConf.select(sweeper, "_target_") != SWEEPER or OmegaConf.is_missing(hydra.job, "num"):
        return NO_TRIAL
    storage = sweeper.storage
    if OmegaConf.is_config(storage):
        storage = OmegaConf.to_container(storage, resolve=True)
    if storage is None:
        return NO_TRIAL
    pruner: Any = OmegaConf.to_container(sweeper.pruner, resolve=True) if sweeper.pruner else None
    owner = OmegaConf.select(sweeper, "owner")
    return StoredTrial(storage, sweeper.study_name, hydra.job.num, pruner, owner=owner)


class StoredTrial(RunningTrial):
    """A trial of a study in a storage.

    Args:
        storage: see `hydra_tailor.storage.opening.open_storage`.
        study: the study's name.
        number: the trial's number in the study.
        pruner: config of the pruner; every process must build the same one.
        owner: the process that launched the job; None: the trial's owner when it is first read.
    """

    def __init__(
        self,
        storage: str | Mapping[str, Any],
        study: str,
        number: int,
        pruner: Mapping[str, Any] | None,
        *,
        owner: str | None = None,
    ) -> None:
        self.number = number
        self._storage_config = storage
        self._study_name = study
        self._pruner_config = pruner
        self._launched_by = owner
        self._reported: Any = None  # the trial as it was after its last report

    @functools.cached_property
    def _study(self) -> Any:
        import optuna

        from hydra_tailor.policy.pruner import build_pruner
        from hydra_tailor.storage.opening import database_file, open_storage
        from hydra_tailor.storage.passwords import masked
        from hydra_tailor.storage.unusable import study_deleted

        file = database_file(self._storage_config)
        try:
            if file is not None and not file.exists():  # opening would create it
                raise KeyError
            return optuna.load_study(
                study_name=self._study_name,
                storage=open_storage(self._storage_config, wait=True),
                pruner=build_pruner(self._pruner_config),
            )
        except KeyError as error:
            raise StorageAway(study_deleted(masked(self._storage_config))) from error

    @property
    def _storage(self) -> Any:
        from hydra_tailor.internals.optuna import storage_of

        return storage_of(self._study)

    @functools.cached_property
    def _id(self) -> int:
        from hydra_tailor.internals.optuna import id_of_number

        assert self.number is not None
        return id_of_number(self._study, self.number)

    @functools.cached_property
    def _owner(self) -> str | None:
        """The process that launched this job."""
        if self._launched_by is not None:
            return self._launched_by
        owner: str | None = self._storage.get_trial(self._id).user_attrs.get(names.OWNER)
        return owner

    def _read_own(self) -> Any:
        """Read the trial from the storage.

        Raises:
            TrialTaken: another process has taken it over, or finished it.
        """
        trial = self._storage.get_trial(self._id)
        if trial.state.is_finished() or trial.user_attrs.get(names.OWNER) != self._owner:
            raise self._taken()
        return trial

    def expect(self, epochs: int) -> None:
        self._read_own()  # while this job waited in a queue, another one may have taken the trial
        self.set_user_attr(names.EPOCHS, epochs)

    def report(self, value: float, epoch: int) -> None:
        trial = self._read_own()
        if epoch not in trial.intermediate_values:
            self._storage.set_trial_intermediate_value(self._id, epoch, float(value))
            trial = copy.copy(trial)  # some storages return their own object
            trial.intermediate_values = {**trial.intermediate_values, epoch: float(value)}
        self._reported = trial
        asked_by = trial.system_attrs.get(names.STOP)
        if asked_by is not None and asked_by == self._owner:
            raise TrialInterrupted(
                f"trial {self.number} stopped after epoch {epoch}; it continues from there when "
                "the search does."
            )

    def should_prune(self) -> bool:
        if len(self._study.directions) > 1:
            return False
        trial = self._reported or self._storage.get_trial(self._id)
        if names.CONFIRMS in trial.user_attrs:  # its value must be that of a whole run
            return False
        return bool(self._study.pruner.prune(self._study, trial))

    def set_user_attr(self, key: str, value: Any) -> None:
        from optuna.exceptions import UpdateFinishedTrialError

        if key in names.COORDINATOR_ATTRIBUTES:
            raise ValueError(
                f"`{key}` is an attribute that the sweep sets. Give yours another name, as in "
                f"set_user_attr('my_{key}', ...). The sweep sets: "
                f"{', '.join(sorted(names.COORDINATOR_ATTRIBUTES))}."
            )
        try:
            self._storage.set_trial_user_attr(self._id, key, value)
        except UpdateFinishedTrialError as error:
            raise self._taken() from error

    def _taken(self) -> TrialTaken:
        return TrialTaken(
            f"trial {self.number} was taken over or finished by another process: this job ends."
        )
