"""A sweep before its first trial: its settings checked, its study open."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from optuna.trial import Trial, TrialState
from sqlalchemy.engine import URL

from tailor import names
from tailor.errors import StudyError, TailorError
from tailor.files import whole
from tailor.search import remote
from tailor.search.command_line import hide_typed_passwords
from tailor.search.password import masked, move_to_environment, secrets_of
from tailor.search.pruner import build_pruner
from tailor.search.storage import absolute, open_storage, set_grace_period

from ._compose import ComposeOnce, hydra_overrides
from ._grammar import encode
from ._owner import this_process
from ._read_space import build_space
from ._resume import (
    counted,
    first_directory,
    fixed_settings,
    refuse_another_search,
    refuse_directory_of_another_study,
)
from ._sampler import GRID, Grid, build_sampler, is_enqueued
from ._settings import Settings
from ._space import Space
from ._study import SharedStudy

log = logging.getLogger(__name__)

MULTIRUN_FILE = "multirun.yaml"


class Plan:
    """What a sweep is going to do; everything that can be wrong is found while it is made.

    Attributes:
        directory: of the sweep, absolute.
        storage: URL or config of the storage, as jobs find it from wherever they run; no password.
        loader: composes jobs.
        space: set by `check`, as are the next two.
        fixed: settings that no trial changes.
        extend: `hydra.sweeper.custom_search_space`, or None.
    """

    space: Space
    fixed: dict[str, Any]
    extend: Any

    def __init__(self, settings: Settings, config: DictConfig, loader: ConfigLoader) -> None:
        self.settings = settings
        self.config = config
        self.directory = Path(str(config.hydra.sweep.dir)).absolute()
        self.study_name = settings.study_name or str(config.hydra.job.name)
        self.storage = _reachable(settings.storage, self.directory)
        self._pin()
        self.loader = ComposeOnce(loader)

    def check(self, arguments: list[str]) -> None:
        """Find whatever is wrong with the search, before anything is written.

        Args:
            arguments: the sweep's own, from the command line.

        Raises:
            TailorError: a key, a value, the pruner or the search space will not do.
        """
        settings = self.settings
        self.space = space = build_space(
            settings.params, arguments, settings.when, config=self.config, loader=self.loader
        )
        build_pruner(settings.pruner)
        self._enqueued = [space.check_enqueued(one) for one in settings.enqueue]
        self.extend = self._custom_search_space()
        groups = self.config.hydra.runtime.choices
        jobs = [self._compose(values) for values in space.examples(groups)]
        self.fixed = fixed_settings(
            jobs[0],
            searched=[parameter.name for parameter in space.parameters],
            may_differ=settings.may_differ,
        )

    def open_study(self) -> SharedStudy:
        """Open the study, or make it, and write `multirun.yaml`.

        Raises:
            StudyError: the storage cannot be reached, or it or the directory holds another search
                by this name.
        """
        settings = self.settings
        storage = open_storage(self.storage)
        first = first_directory(self.config.hydra.sweep)
        refuse_directory_of_another_study(
            storage, self.study_name, first, place=masked(self.storage)
        )
        if settings.grace_period is not None:
            set_grace_period(storage, settings.grace_period)
        is_grid = settings.sampler.get("_target_") == GRID
        grid = self.space.grid() if is_grid else None
        sampler = build_sampler(settings.sampler, grid=grid, explicit=self._set_by_hand())
        shared = SharedStudy(
            storage,
            self.study_name,
            directions=settings.directions,
            sampler=sampler,
            budget=settings.n_trials,
        )
        refuse_another_search(
            shared.study,
            storage,
            space=self.space.signature(),
            fixed=self.fixed,
            directions=settings.directions,
        )
        for configuration in self._enqueued:
            shared.enqueue(configuration)
        if isinstance(sampler, Grid):
            self._fit_budget_to_grid(shared, sampler)
        self.directory.mkdir(parents=True, exist_ok=True)
        with whole(self.directory / MULTIRUN_FILE) as temporary:
            OmegaConf.save(self.config, temporary)
        log.info(
            "study %s in %s, sampler %s",
            self.study_name,
            masked(self.storage),
            sampler.name,
        )
        return shared

    def draw(self, trial: Trial) -> dict[str, Any]:
        """Draw a trial's values, those of `hydra.sweeper.custom_search_space` included.

        Raises:
            StudyError: that draws a parameter which the command line fixes.
        """
        drawn = self.space.suggest(trial)
        if self.extend is None:
            return drawn
        self.extend(self.config, trial)
        fixed = {one.partition("=")[0] for one in self.space.fixed}
        if overlap := fixed & trial.params.keys():
            raise StudyError(
                f"`{', '.join(sorted(overlap))}` is fixed on the command line, and the custom "
                "search space searches it. Remove one of the two."
            )
        return drawn | {key: value for key, value in trial.params.items() if key not in drawn}

    def directory_of(self, number: int, overrides: Sequence[str] | None) -> Path:
        """A job's directory, where the job did not live to tell."""
        job = self.loader.load_sweep_config(self.config, list(overrides or ()))
        with open_dict(job.hydra.job):
            job.hydra.job.num, job.hydra.job.id = number, str(number)
        with _hydra_config(job):
            return self.directory / str(job.hydra.sweep.subdir)

    def _pin(self) -> None:
        """Write into the config what jobs must not work out anew: it may depend on them.

        The config is written to files and sent to other hosts: a password does not stay in it.
        """
        given = self.storage
        secrets = secrets_of(given)
        self.storage = move_to_environment(given)
        if secrets:
            hide_typed_passwords()  # worker processes inherit them
        pins = {
            "hydra.sweep.dir": str(self.directory),
            "hydra.sweeper.study_name": self.study_name,
            "hydra.sweeper.owner": this_process(),  # a job may wait in a queue and outlive us
        }
        if isinstance(given, str) or self.storage != self.settings.storage:
            pins["hydra.sweeper.storage"] = self.storage
        if self.settings.artifacts_url is not None:
            pins["hydra.sweeper.artifacts_url"] = remote.check(self.settings.artifacts_url)
        hydra = self.config.hydra
        with read_write(hydra), open_dict(hydra):
            if secrets:
                hydra.overrides.hydra = [
                    one
                    for one in hydra_overrides(self.config)
                    if not one.lstrip("+").startswith("hydra.sweeper.storage")
                ]
            for key, value in pins.items():
                OmegaConf.update(self.config, key, value, merge=False)
                hydra.overrides.hydra.append(f"{key}={encode(value)}")
        if secrets and HydraConfig.initialized():  # it holds a copy, which launchers send as well
            HydraConfig.instance().set_config(self.config)

    def _compose(self, values: dict[str, Any]) -> DictConfig:
        """Compose one job's config as a launcher would: a misspelt key is an error here."""
        job = self.loader.load_sweep_config(self.config, self.space.overrides(values))
        with open_dict(job.hydra.job):
            job.hydra.job.num, job.hydra.job.id = 0, "0"
        with _hydra_config(job):
            with read_write(job), open_dict(job):
                del job["hydra"]
            try:
                OmegaConf.to_object(job)  # a schema's __post_init__ may refuse a setting
            except TailorError:
                raise
            except Exception:  # a program may leave values for its jobs to fill in
                log.debug("the config has values that only a job can resolve", exc_info=True)
        return job

    def _custom_search_space(self) -> Any:
        path = self.settings.custom_search_space
        if not path:
            return None
        with warnings.catch_warnings():
            # Which functions may be named is for `hydra.main(execution_whitelist=...)` to say.
            warnings.filterwarnings("ignore", message=r"hydra.utils.instantiate\(\) resolved")
            return instantiate({"_target_": path, "_partial_": True})

    def _set_by_hand(self) -> set[str]:
        prefix = "hydra.sweeper.sampler."
        overrides = (one.lstrip("+") for one in hydra_overrides(self.config))
        return {
            one.removeprefix(prefix).partition("=")[0]
            for one in overrides
            if one.startswith(prefix)
        }

    def _fit_budget_to_grid(self, shared: SharedStudy, grid: Grid) -> None:
        """A grid takes a trial for each cell that has none; failed ones are tried again."""
        trials = shared.trials
        repeated = {trial.user_attrs.get(names.RETRY_OF) for trial in trials}
        for trial in trials:
            if trial.state is TrialState.FAIL and trial.number not in repeated:
                shared.enqueue(trial.params, **{names.RETRY_OF: trial.number})
        placement = grid.places.place(shared.trials)
        # A trial that waits for a cell is counted with the free ones, unless none is left for it:
        # then it is one that somebody chose, or one too many, of two processes that raced.
        others = sum(
            trial.number not in placement.coming
            or (is_enqueued(trial) and placement.coming[trial.number] is None)
            for trial in counted(shared.trials)
        )
        needed = others + len(placement.free)
        shared.budget = min(self.settings.n_trials, needed)
        log.info(
            "%d cells of the grid have no trial yet; with them the study has %d trials, of which "
            "n_trials allows %d",
            len(placement.free),
            needed,
            shared.budget,
        )


@contextmanager
def _hydra_config(job: DictConfig) -> Iterator[None]:
    """Let `${hydra:...}` mean a job's own config for a while."""
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(job)
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before


def _reachable(storage: Any, directory: Path) -> Any:
    """A storage that jobs find from wherever they run."""
    if storage is None:
        file = str(directory / "study.db")
        return URL.create("sqlite", database=file).render_as_string()
    return absolute(storage)
