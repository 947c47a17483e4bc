"""A sweep from its first check to its last line."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, configure_log
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf
from optuna.trial import Trial, TrialState

from tailor import names
from tailor.errors import StudyError
from tailor.search.password import masked

from ._deliver import delivering
from ._dispatch import Dispatcher
from ._illustrate import Illustrator
from ._live_view import make_view
from ._lost import LIMIT as LOST_LIMIT
from ._plan import Plan
from ._record import Outcome, best_of, complete, outcome_of, write_results
from ._settings import Settings
from ._stop import FINISHED, Interrupts, Rules
from ._study import Heartbeat
from ._view import View
from ._workers import WorkerNotStarted
from .launcher import LocalLauncher

log = logging.getLogger(__name__)

TICK = 0.5  # seconds between two looks at what else happens while trials run
RECLAIM_EVERY = 10.0  # seconds between two looks for trials that other processes abandoned


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
        self._plan = Plan(settings, config, hydra_context.config_loader)
        context = dataclasses.replace(hydra_context, config_loader=self._plan.loader)
        if settings.artifacts_url is not None:
            context = delivering(context)
        self._launcher = Plugins.instance().instantiate_launcher(
            config=config, hydra_context=context, task_function=task_function
        )
        self._stopping: str | None = None
        self._interrupted = False
        self._failure: tuple[str, JobReturn | None] | None = None

    def run(self, arguments: list[str]) -> None:
        hydra = self._plan.config.hydra
        configure_log(hydra.hydra_logging, hydra.verbose)
        self._plan.check(arguments)
        self._illustrator = Illustrator(self._plan)
        self._shared = self._plan.open_study()
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
        self._illustrator.begin(self._shared.study, self._shared.trials)
        interrupts = Interrupts(self._stop_gently, self._stop_at_once)
        orderly = False
        try:
            with interrupts, self._view:
                self._work()
                self._illustrator.finish(self._view.say)
            orderly = True
        finally:
            heartbeat.end()
            self._illustrator.end()
            self._dispatcher.close(kill=not orderly)
            released = self._shared.release()
        self._finish(released, interrupted_by=interrupts.received)

    # While trials run.

    def _work(self) -> None:
        next_reclaim = 0.0
        while True:
            if self._interrupted:
                self._shared.ask_to_stop()  # also a trial that began while the signal came
            if time.monotonic() >= next_reclaim:
                self._reclaim()
                # As often as signs of life are expected, where that is more often.
                next_reclaim = time.monotonic() + min(RECLAIM_EVERY, self._shared.beat_interval)
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
        values = self._plan.draw(trial)
        overrides = self._plan.space.overrides(values)
        self._note_restart(trial, overrides)
        self._view.started(trial.number, values)
        self._dispatcher.launch(trial.number, overrides)
        return True

    def _note_restart(self, trial: Trial, overrides: Sequence[str]) -> None:
        """Say so where a trial of another host begins anew, because its files stayed there."""
        host = self._shared.began_on.pop(trial.number, None)
        if (
            host is None
            or (directory := self._plan.directory_of(trial.number, overrides)).exists()
        ):
            return
        note = f"begun on {host}, run again from the start: {directory} is not shared with it"
        trial.set_user_attr(names.RESTARTED, note)
        self._view.say(f"trial {trial.number} was {note}")

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
        attributes = self._attributes(number, returned, outcome)
        trial = self._shared.running[number]
        self._illustrator.announce(trial, outcome.state, Path(attributes[names.DIRECTORY]))
        state = self._shared.tell(number, outcome, attributes)
        if state in FINISHED:
            self._illustrator.draw(self._shared.trials[number])
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
            names.DIRECTORY: str(directory or self._plan.directory_of(number, returned.overrides))
        }
        if outcome.reason:
            attributes[names.FAIL_REASON] = outcome.reason
        return attributes

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
            f"{failed} of {len(states)} finished trials of study {self._plan.study_name!r} "
            "failed, more than hydra.sweeper.max_failure_rate="
            f"{self._settings.max_failure_rate:g} allows. The last was trial {number} in "
            f"{directory}: {outcome.last_line}",
            returned if outcome.reason else None,  # failed from elsewhere: the job did no wrong
        )
        self._stop("too many trials failed")

    def _is_improvement(self, number: int) -> bool:
        study = self._shared.study
        several = len(study.directions) > 1
        return several or best_of(study, self._shared.trials).number == number

    def _write_results(self) -> None:
        write_results(
            self._plan.directory,
            self._shared.study,
            {
                "study": self._plan.study_name,
                "storage": masked(self._plan.storage),
                "directory": str(self._plan.directory),
                "sampler_seed": self._settings.sampler.get("seed"),
                "fixed_overrides": list(self._plan.space.fixed),
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
        if self._illustrator.leave():  # the search is over
            return
        self._stopping, self._interrupted = "interrupted", True
        self._view.stopping()
        # Not here: the signal may have come in the middle of a call to the same storage; and not
        # in `_work` alone, which a launcher without processes of its own keeps busy.
        threading.Thread(target=self._shared.ask_to_stop, daemon=True).start()

    def _stop_at_once(self) -> None:
        if not self._illustrator.leave():
            raise KeyboardInterrupt

    def _finish(self, released: list[int], *, interrupted_by: int | None) -> None:
        if self._failure is not None:
            message, returned = self._failure
            log.error(message)
            if returned is not None:
                returned.return_value  # noqa: B018  (raises what the job raised, traceback and all)
            raise StudyError(message)
        if complete(self._shared.trials):
            self._report_best()
        self._view.summary(self._stopping or self._shared.exhausted)
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
