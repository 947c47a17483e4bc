"""The trial that the running job belongs to, in whichever process and on whichever host it runs.

A job of any Hydra program that runs under `hydra/sweeper=tailor` may say:

    trial = current_trial()
    for epoch in ...:
        trial.report(value, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

Which trial it is, and where the study lies, is read from Hydra's own config of the job.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from tailor import names
from tailor.errors import TailorError

SWEEPER = "hydra_plugins.tailor.sweeper.TailorSweeper"


class TrialInterrupted(TailorError):
    """The search was asked to stop; the trial goes on with the next start of the same command."""


class TrialTaken(TrialInterrupted):
    """Another process has the trial: this host was silent for too long, or it was ended there."""


class RunningTrial:
    """A trial as its own job sees it. This one belongs to no search: it hears and says nothing."""

    number: int | None = None

    def expect(self, epochs: int) -> None:
        """Tell the search how many epochs will be reported, for its progress bars.

        Raises:
            TrialInterrupted: another process has the trial, and this run of it is not needed.
        """

    def report(self, value: float, epoch: int) -> None:
        """Tell the search the value reached after `epoch` (an int of 0 or more).

        A study with several objectives keeps no such values: there it says nothing.

        Raises:
            TrialInterrupted: the search is being stopped. Let it through: the trial is kept and
                goes on later. Save what is needed for that before reporting. Or another process
                has taken the trial over, and this run of it is not needed any more.
        """

    def should_prune(self) -> bool:
        """Whether the search wants this trial to end now, by raising `optuna.TrialPruned`."""
        return False

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keep a value (anything JSON can hold) with the trial."""


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
        storage: what `tailor.search.storage.open_storage` takes.
        study: the study's name.
        number: the trial's number in the study.
        pruner: config of the pruner; every process must build the same one.
        owner: the process that launched the job; null takes whoever has the trial at first sight.
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

        from tailor.search.pruner import build_pruner
        from tailor.search.storage import open_storage

        return optuna.load_study(
            study_name=self._study_name,
            storage=open_storage(self._storage_config, wait=True),
            pruner=build_pruner(self._pruner_config),
        )

    @property
    def _storage(self) -> Any:
        return self._study._storage

    @functools.cached_property
    def _id(self) -> int:
        study_id, number = self._study._study_id, self.number
        return int(self._storage.get_trial_id_from_study_id_trial_number(study_id, number))

    @functools.cached_property
    def _owner(self) -> str | None:
        """The process whose job this is."""
        if self._launched_by is not None:
            return self._launched_by
        owner: str | None = self._storage.get_trial(self._id).user_attrs.get(names.OWNER)
        return owner

    def _ours(self) -> Any:
        """The trial as it is stored, unless it is in other hands or finished."""
        trial = self._storage.get_trial(self._id)
        if trial.state.is_finished() or trial.user_attrs.get(names.OWNER) != self._owner:
            raise self._taken()
        return trial

    def expect(self, epochs: int) -> None:
        self._ours()  # a job that waited in a queue may find another one at work
        self.set_user_attr(names.EPOCHS, epochs)

    def report(self, value: float, epoch: int) -> None:
        trial = self._ours()
        if len(self._study.directions) == 1 and epoch not in trial.intermediate_values:
            self._storage.set_trial_intermediate_value(self._id, epoch, float(value))
            trial = copy.copy(trial)  # some storages hand out their own
            trial.intermediate_values = {**trial.intermediate_values, epoch: float(value)}
        self._reported = trial
        if trial.system_attrs.get(names.STOP):
            raise TrialInterrupted(
                f"trial {self.number} stopped after epoch {epoch}; it goes on from there when the "
                "same command is typed again."
            )

    def should_prune(self) -> bool:
        if len(self._study.directions) > 1:
            return False
        trial = self._reported or self._storage.get_trial(self._id)
        return bool(self._study.pruner.prune(self._study, trial))

    def set_user_attr(self, key: str, value: Any) -> None:
        from optuna.exceptions import UpdateFinishedTrialError

        try:
            self._storage.set_trial_user_attr(self._id, key, value)
        except UpdateFinishedTrialError as error:
            raise self._taken() from error

    def _taken(self) -> TrialTaken:
        return TrialTaken(
            f"trial {self.number} is in other hands or finished there: this run of it ends."
        )
