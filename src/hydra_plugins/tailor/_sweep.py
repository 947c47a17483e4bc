"""A sweep from its first check to its last line."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log
from hydra.types import HydraContext, TaskFunction
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from optuna.trial import Trial, TrialState

from tailor import names
from tailor.errors import StudyError, TailorError
from tailor.files import whole
from tailor.search import remote
from tailor.search.pruner import build_pruner
from tailor.search.storage import absolute, masked, open_storage

from ._compose import ComposeOnce, hydra_overrides
from ._deliver import delivering
from ._dispatch import Dispatcher
from ._grammar import encode
from ._lost import LIMIT as LOST_LIMIT
from ._read_space import build_space
from ._record import Outcome, best_of, complete, outcome_of, write_results
from ._resume import fixed_settings, refuse_another_search
from ._sampler import GRID, build_sampler, is_enqueued
from ._settings import Settings
from ._space import Space
from ._stop import FINISHED, Interrupts, Rules
from ._study import Heartbeat, SharedStudy
from ._view import View, make_view
from ._workers import WorkerNotStarted
from .launcher import LocalLauncher

log = logging.getLogger(__name__)

TICK = 0.5  # seconds between two looks at what else happens while trials run
RECLAIM_EVERY = 10.0  # seconds between two looks for trials that other processes abandoned
MULTIRUN_FILE = "multirun.yaml"


class Sweep:
    """One start of a sweep; `run` is its table of contents."""

    def __init__(
        self,
        settings: Settings,
        hydra_context: HydraContext,
        task_function: TaskFunction,
        config: DictConfig,
    ) -> None:
        self._settings = settings
        self._config = config
        self._directory = Path(str(config.hydra.sweep.dir)).absolute()
        self._study_name = settings.study_name or str(config.hydra.job.name)
        self._storage_config = _reachable(settings.storage, self._directory)
        self._pin()
        self._loader = ComposeOnce(hydra_context.config_loader)
        self._context = dataclasses.replace(hydra_context, config_loader=self._loader)
        if settings.artifacts_url is not None:
            self._context = delivering(self._context)
        self._launcher = Plugins.instance().instantiate_launcher(
            config=config, hydra_context=self._context, task_function=task_function
        )
        self._stopping: str | None = None
        self._interrupted = False
        self._failure: tuple[str, JobReturn] | None = None

    def run(self, arguments: list[str]) -> None:
        configure_log(self._config.hydra.hydra_logging, self._config.hydra.verbose)
        self._space = self._check(arguments)
        self._open_study()
        self._rules = Rules(self._settings)
        self._dispatcher = Dispatcher(self._launcher, self._settings.n_jobs)
        self._view: View = make_view(
            self._shared,
            capacity=self._dispatcher.capacity,
            quiet_jobs=isinstance(self._launcher, LocalLauncher),
            next_commands=self._settings.next_commands,
        )
        heartbeat = Heartbeat(self._shared)
        heartbeat.start()
        interrupts = Interrupts(self._stop_gently, self._stop_at_once)
        orderly = False
        try:
            with interrupts, self._view:
                self._work()
            orderly = True
        finally:
            heartbeat.end()
            self._dispatcher.close(kill=not orderly)
            released = self._shared.release()
        self._finish(released, interrupted_by=interrupts.received)

    # Before the first trial: everything that can be wrong is found here.

    def _pin(self) -> None:
        """Write into the config what jobs must not work out anew: it may depend on them."""
        pins = {
            "hydra.sweep.dir": str(self._directory),
            "hydra.sweeper.study_name": self._study_name,
        }
        if self._storage_config != self._settings.storage:
            pins["hydra.sweeper.storage"] = self._storage_config
        if self._settings.artifacts_url is not None:
            pins["hydra.sweeper.artifacts_url"] = remote.check(self._settings.artifacts_url)
        hydra = self._config.hydra
        with read_write(hydra), open_dict(hydra):
            for key, value in pins.items():
                OmegaConf.update(self._config, key, value)
                hydra.overrides.hydra.append(f"{key}={encode(value)}")

    def _check(self, arguments: list[str]) -> Space:
        settings = self._settings
        space = build_space(
            settings.params, arguments, settings.when, config=self._config, loader=self._loader
        )
        build_pruner(settings.pruner)
        self._enqueued = [space.check_enqueued(one) for one in settings.enqueue]
        self._extend = self._custom_search_space()
        groups = self._config.hydra.runtime.choices
        jobs = [self._compose(space, values) for values in space.examples(groups)]
        self._fixed = fixed_settings(
            jobs[0],
            searched=[parameter.name for parameter in space.parameters],
            may_differ=settings.may_differ,
        )
        return space

    def _compose(self, space: Space, values: dict[str, Any]) -> DictConfig:
        """Compose one job's config as a launcher would: a misspelt key is an error here."""
        job = self._loader.load_sweep_config(self._config, space.overrides(values))
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
        path = self._settings.custom_search_space
        if not path:
            return None
        with warnings.catch_warnings():
            # Which functions may be named is for `hydra.main(execution_whitelist=...)` to say.
            warnings.filterwarnings("ignore", message=r"hydra.utils.instantiate\(\) resolved")
            return instantiate({"_target_": path, "_partial_": True})

    def _open_study(self) -> None:
        settings = self._settings
        storage = open_storage(self._storage_config)
        is_grid = settings.sampler.get("_target_") == GRID
        grid = self._space.grid() if is_grid else None
        self._sampler = build_sampler(settings.sampler, grid=grid, explicit=self._set_by_hand())
        self._shared = SharedStudy(
            storage,
            self._study_name,
            directions=settings.directions,
            sampler=self._sampler,
            budget=settings.n_trials,
        )
        refuse_another_search(
            self._shared.study,
            storage,
            space=self._space.signature(),
            fixed=self._fixed,
            directions=settings.directions,
        )
        for configuration in self._enqueued:
            self._shared.enqueue(configuration)
        if grid is not None:
            self._fit_budget_to_grid(len(grid))
        self._directory.mkdir(parents=True, exist_ok=True)
        with whole(self._directory / MULTIRUN_FILE) as temporary:
            OmegaConf.save(self._config, temporary)
        log.info(
            "study %s in %s, sampler %s",
            self._study_name,
            masked(self._storage_config),
            self._sampler.name,
        )

    def _set_by_hand(self) -> set[str]:
        prefix = "hydra.sweeper.sampler."
        overrides = (one.lstrip("+") for one in hydra_overrides(self._config))
        return {
            one.removeprefix(prefix).partition("=")[0]
            for one in overrides
            if one.startswith(prefix)
        }

    def _fit_budget_to_grid(self, n_cells: int) -> None:
        """A grid has as many trials as cells; its failed cells are tried again by a new start."""
        trials = self._shared.trials
        repeated = {trial.user_attrs.get(names.RETRY_OF) for trial in trials}
        for trial in trials:
            if trial.state is TrialState.FAIL and trial.number not in repeated:
                self._shared.enqueue(trial.params, **{names.RETRY_OF: trial.number})
        chosen = sum(
            is_enqueued(trial) and names.RETRY_OF not in trial.user_attrs
            for trial in self._shared.trials
        )
        self._shared.budget = min(self._settings.n_trials, n_cells + chosen)
        log.info("the grid has %d cells, %d of them to run", n_cells, self._shared.budget)

    # While trials run.

    def _work(self) -> None:
        next_reclaim = 0.0
        while True:
            if self._interrupted:
                self._shared.ask_to_stop()  # also a trial that began while the signal came
            if time.monotonic() >= next_reclaim:
                self._reclaim()
                next_reclaim = time.monotonic() + RECLAIM_EVERY
            started = self._dispatcher.free and self._may_start() and self._start_one()
            if started and not self._dispatcher.inline:
                continue
            returned = self._dispatcher.wait(TICK if self._dispatcher.in_flight else 0.0)
            if returned is not None:
                self._collect(*returned)
            elif not self._dispatcher.in_flight:
                if self._stopping or not self._elsewhere():
                    return
                time.sleep(TICK)
            self._view.refresh()

    def _may_start(self) -> bool:
        if self._stopping is None:
            reason = self._rules.reason(self._shared.study, self._shared.trials)
            if reason is not None:
                self._stop(reason)
        return self._stopping is None

    def _start_one(self) -> bool:
        trial = self._shared.next()
        if trial is None:
            return False
        values = self._space.suggest(trial)
        values |= self._custom_values(trial, values)
        self._view.started(trial.number, values)
        self._dispatcher.launch(trial.number, self._space.overrides(values))
        return True

    def _custom_values(self, trial: Trial, drawn: dict[str, Any]) -> dict[str, Any]:
        if self._extend is None:
            return {}
        self._extend(self._config, trial)
        fixed = {one.partition("=")[0] for one in self._space.fixed}
        if overlap := fixed & trial.params.keys():
            raise StudyError(
                f"`{', '.join(sorted(overlap))}` is fixed on the command line, and the custom "
                "search space searches it. Remove one of the two."
            )
        return {name: value for name, value in trial.params.items() if name not in drawn}

    def _collect(self, number: int, returned: JobReturn) -> None:
        if isinstance(returned._return_value, WorkerNotStarted):
            raise returned._return_value
        outcome = outcome_of(returned, len(self._settings.directions))
        if self._interrupted and returned.hydra_cfg is None:
            outcome = Outcome(TrialState.WAITING)  # the signal that stops us ended its process
        if outcome.lost:
            outcome = self._count_loss(number, outcome)
        elif outcome.state is TrialState.WAITING and self._stopping is None:
            self._stop("a trial was interrupted")
        state = self._shared.tell(number, outcome, self._attributes(number, returned, outcome))
        self._view.finished(number, state, outcome)
        self._say_undelivered(number)
        if state is TrialState.FAIL:
            self._judge_failures(number, returned, outcome)
        elif state is TrialState.COMPLETE and self._is_improvement(number):
            self._write_results()

    def _count_loss(self, number: int, outcome: Outcome) -> Outcome:
        """Bring back a trial that lost its node, unless it is what nodes die of."""
        trial = self._shared.running[number]
        losses = 1 + trial.user_attrs.get(names.LOST_NODES, 0)
        trial.set_user_attr(names.LOST_NODES, losses)
        if losses < LOST_LIMIT:
            return outcome
        return Outcome(TrialState.FAIL, reason=f"it lost {losses} nodes; the last: {outcome.lost}")

    def _say_undelivered(self, number: int) -> None:
        if self._settings.artifacts_url is None:
            return
        known = self._shared.trials[number].user_attrs
        if names.ARTIFACTS_ERROR in known and names.ARTIFACTS_PLACE not in known:
            self._view.say(f"trial {number}: {known[names.ARTIFACTS_ERROR]}")

    def _attributes(self, number: int, returned: JobReturn, outcome: Outcome) -> dict[str, Any]:
        directory = (
            OmegaConf.select(returned.hydra_cfg, "hydra.runtime.output_dir")
            if (returned.hydra_cfg is not None)
            else None
        )
        attributes: dict[str, Any] = {
            names.DIRECTORY: str(directory or self._directory_of(number, returned.overrides))
        }
        if outcome.reason:
            attributes[names.FAIL_REASON] = outcome.reason
        return attributes

    def _directory_of(self, number: int, overrides: Sequence[str] | None) -> Path:
        """A job's directory, where the job did not live to tell."""
        job = self._loader.load_sweep_config(self._config, list(overrides or ()))
        with open_dict(job.hydra.job):
            job.hydra.job.num, job.hydra.job.id = number, str(number)
        with _hydra_config(job):
            return self._directory / str(job.hydra.sweep.subdir)

    def _judge_failures(self, number: int, returned: JobReturn, outcome: Outcome) -> None:
        if self._shared.retry(number, self._settings.retries):
            return
        states = [trial.state for trial in self._shared.trials if trial.state in FINISHED]
        failed = states.count(TrialState.FAIL)
        rate = failed / len(states)
        if failed < self._settings.min_failures or rate <= self._settings.max_failure_rate:
            return
        directory = self._shared.trials[number].user_attrs.get(names.DIRECTORY)
        self._failure = self._failure or (
            f"{failed} of {len(states)} finished trials of study {self._study_name!r} failed, "
            f"more than hydra.sweeper.max_failure_rate={self._settings.max_failure_rate:g} "
            f"allows. The last was trial {number} in {directory}: "
            f"{outcome.reason.splitlines()[-1]}",
            returned,
        )
        self._stop("too many trials failed")

    def _is_improvement(self, number: int) -> bool:
        study = self._shared.study
        several = len(study.directions) > 1
        return several or best_of(study, self._shared.trials).number == number

    def _write_results(self) -> None:
        write_results(
            self._directory,
            self._shared.study,
            {
                "study": self._study_name,
                "storage": masked(self._storage_config),
                "directory": str(self._directory),
                "sampler_seed": self._settings.sampler.get("seed"),
                "fixed_overrides": list(self._space.fixed),
            },
        )

    def _reclaim(self) -> None:
        numbers = self._shared.reclaim()
        if numbers:
            left = ", ".join(map(str, numbers))
            self._view.say(f"going on with trial {left}, left by a process that is gone")

    def _elsewhere(self) -> bool:
        """Whether another process still works on the study; if it dies, its trials are ours."""
        elsewhere = [
            trial.number for trial in self._shared.trials if trial.state is TrialState.RUNNING
        ]
        if elsewhere:
            self._view.waiting_for(elsewhere)
        return bool(elsewhere)

    # The end.

    def _stop(self, reason: str) -> None:
        self._stopping = reason
        self._view.say(f"no further trial: {reason}")

    def _stop_gently(self) -> None:
        self._stopping, self._interrupted = "interrupted", True
        self._view.stopping()
        # Not here: the signal may have come in the middle of a call to the same storage; and not
        # in `_work` alone, which a launcher without processes of its own keeps busy.
        threading.Thread(target=self._shared.ask_to_stop, daemon=True).start()

    def _stop_at_once(self) -> None:
        raise KeyboardInterrupt

    def _finish(self, released: list[int], *, interrupted_by: int | None) -> None:
        if self._failure is not None:
            message, returned = self._failure
            log.error(message)
            returned.return_value  # noqa: B018  (raises what the job raised, with its traceback)
            raise StudyError(message)
        if complete(self._shared.trials):
            self._report_best()
        self._view.summary(self._stopping)
        if interrupted_by is not None:
            sys.exit(128 + interrupted_by)

    def _report_best(self) -> None:
        self._write_results()
        study = self._shared.study
        if len(study.directions) == 1:
            best = best_of(study)
            log.info("Best parameters: %s", best.params)
            log.info("Best value: %s", best.value)
        else:
            log.info("Number of Pareto solutions: %d", len(study.best_trials))
            for trial in study.best_trials:
                log.info("    Values: %s, Params: %s", trial.values, trial.params)


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
        return f"sqlite:///{directory / 'study.db'}"
    return absolute(storage) if isinstance(storage, str) else storage
