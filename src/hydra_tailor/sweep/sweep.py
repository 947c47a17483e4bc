"""The loop of a sweep: start trials, collect results, stop, report."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from omegaconf import OmegaConf
from optuna.trial import FrozenTrial, Trial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import StudyError, TailorError, WorkerNotStarted, is_interrupt
from hydra_tailor.files import whole_directory
from hydra_tailor.internals.hydra import raw_return_value
from hydra_tailor.internals.optuna import trial_id
from hydra_tailor.jobs.dispatch import Dispatcher
from hydra_tailor.jobs.lost_node import MAX_LOST_NODES
from hydra_tailor.pictures.illustrator import Illustrator
from hydra_tailor.storage.passwords import masked
from hydra_tailor.study.extending import shorter_run
from hydra_tailor.study.heartbeat import Heartbeat
from hydra_tailor.study.outcome import FINISHED, Outcome, outcome_of
from hydra_tailor.study.ranking import best_of, complete
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.sweep.interrupts import Interrupts
from hydra_tailor.sweep.plan import Plan
from hydra_tailor.sweep.results import write_results
from hydra_tailor.sweep.stopping_rules import StoppingRules
from hydra_tailor.view.log_lines import View

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
RECLAIM_INTERVAL_SECONDS = 10.0


class Sweep:
    """One start of a sweep; `run` is its table of contents."""

    def __init__(
        self,
        plan: Plan,
        shared: SharedStudy,
        dispatcher: Dispatcher,
        view: View,
        illustrator: Illustrator,
    ) -> None:
        self._plan = plan
        self._settings = plan.settings
        self._shared = shared
        self._dispatcher = dispatcher
        self._view = view
        self._illustrator = illustrator
        self._rules = StoppingRules(plan.settings)
        self._heartbeat = Heartbeat(shared)
        self._stopping: str | None = None
        self._interrupted = False
        self._insisted = False
        self._obstacle = ""
        self._failure: tuple[str, JobReturn | None] | None = None
        # Earlier failures do not count: a user who starts a sweep again fixed or accepts them.
        self._finished_before = {
            trial.number for trial in shared.trials if trial.state in FINISHED
        }

    def run(self) -> None:
        """Run trials until a rule, the budget or the user ends the sweep.

        Raises:
            StudyError: too many trials failed, or none can run for now.
        """
        self._heartbeat.start()
        self._illustrator.begin(self._shared.study, self._shared.trials)
        orderly = False
        with Interrupts(self._stop_gently, self._stop_at_once) as interrupts:
            try:
                with self._view:
                    self._work()
                    if self._stopping in (None, self._rules.done):
                        self._end_paused()
                    self._illustrator.finish(self._view.log)
                orderly = True
            except BaseException as error:
                if interrupts.received is None or not is_interrupt(error):
                    raise
            finally:
                interrupts.ignore()
                self._end(kill=not orderly)
        if not orderly:  # the second signal
            self._view.ended_at_once()
            _exit_as_signalled(interrupts.received)
        self._finish()
        _exit_as_signalled(interrupts.received)

    def _end(self, *, kill: bool) -> None:
        with contextlib.ExitStack() as steps:  # in reverse; each step runs even if another fails
            steps.callback(self._shared.release)
            steps.callback(self._dispatcher.close, kill=kill)
            steps.callback(self._illustrator.end)
            steps.callback(self._heartbeat.end)

    # While trials run.

    def _work(self) -> None:
        next_reclaim = 0.0
        while True:
            if self._insisted:  # some library swallowed the exception
                raise KeyboardInterrupt
            if self._interrupted:
                self._shared.ask_to_stop()  # also trials that began as the signal came
            if time.monotonic() >= next_reclaim:
                self._reclaim()
                # At least as often as heartbeats are sent.
                interval = min(RECLAIM_INTERVAL_SECONDS, self._heartbeat.interval)
                next_reclaim = time.monotonic() + interval
            started = self._dispatcher.free and self._start_one()
            if started and not self._dispatcher.inline:
                continue
            returned = self._dispatcher.wait(POLL_SECONDS if self._dispatcher.in_flight else 0.0)
            if returned is not None:
                self._collect(*returned)
            elif not self._dispatcher.in_flight:
                if self._stopping or not self._others_run():
                    return
                time.sleep(POLL_SECONDS)
            self._view.refresh()

    def _may_search(self) -> bool:
        if self._stopping is None:
            reason = self._rules.reason(self._shared.study, self._shared.trials)
            if reason is not None:
                self._stop(reason)
        return self._stopping is None

    def _may_confirm(self) -> bool:
        if self._interrupted or self._rules.timed_out:
            return False
        return self._stopping in (None, self._rules.done)

    def _start_one(self) -> bool:
        trial = self._shared.next() if self._may_search() else None
        if trial is None and self._may_confirm():
            trial = self._shared.next_confirmation()
        if trial is None:
            return False
        values = self._plan.draw(trial)
        stored = self._shared.storage.get_trial(trial_id(trial))
        overrides = self._plan.overrides(stored, values)
        self._note_restart(trial, overrides)
        before = self._began_with(trial, stored, overrides)
        if before is not None:
            self._bring_files(self._shared.trials[before], trial.number, overrides)
        self._view.started(stored, values)
        if self._interrupted:  # since this trial was taken: it ends with its first report
            self._shared.ask_to_stop()
        self._dispatcher.launch(trial.number, overrides)
        return True

    def _note_restart(self, trial: Trial, overrides: Sequence[str]) -> None:
        """Report a trial that starts over here, because its files are on another host."""
        host = self._shared.began_on.pop(trial.number, None)
        if (
            host is None
            or (directory := self._plan.directory_of(trial.number, overrides)).exists()
        ):
            return
        note = f"begun on {host}, run again from the start: {directory} is not shared with it"
        trial.set_user_attr(names.RESTARTED, note)
        self._view.log(f"trial {trial.number} was {note}")

    def _began_with(
        self, trial: Trial, stored: FrozenTrial, overrides: Sequence[str]
    ) -> int | None:
        """Number of the trial whose files and reports one starts from; None: from scratch."""
        known = stored.user_attrs
        before: int | None = known.get(names.CONTINUES, known.get(names.EXTENDS))
        length_parameter = self._settings.length_parameter
        if before is not None or length_parameter is None or stored.intermediate_values:
            return before
        shorter = shorter_run(stored, self._shared.trials, length_parameter)
        if (
            shorter is None
            or not self._directory_of(shorter).exists()
            or self._plan.length_parameter_of(overrides) != length_parameter
        ):
            return None
        self._shared.extend(trial, shorter)
        return shorter.number

    def _bring_files(self, before: FrozenTrial, number: int, overrides: Sequence[str]) -> None:
        """Copy the files of the trial that another one continues, if they are in reach."""
        theirs = self._directory_of(before)
        ours = self._plan.directory_of(number, overrides)
        if not ours.exists() and theirs.exists():
            with whole_directory(ours) as copy:
                shutil.copytree(theirs, copy, dirs_exist_ok=True)

    def _directory_of(self, trial: FrozenTrial) -> Path:
        """A trial's run directory, even if the trial was killed before recording it."""
        known = trial.user_attrs.get(names.DIRECTORY)
        overrides = self._plan.overrides(trial, trial.params)
        return Path(known) if known else self._plan.directory_of(trial.number, overrides)

    def _collect(self, number: int, returned: JobReturn) -> None:
        if isinstance(raised := raw_return_value(returned), WorkerNotStarted):
            raise raised
        outcome = outcome_of(returned, len(self._settings.directions))
        if self._interrupted and returned.hydra_cfg is None:
            outcome = Outcome(TrialState.WAITING)  # the signal to us also ended its process
        if outcome.state is TrialState.PRUNED and self._shared.is_at_rung(number):
            outcome = Outcome(TrialState.WAITING, paused=True)
        if outcome.lost:
            outcome = self._count_loss(number, outcome)
        elif outcome.state is TrialState.WAITING and not outcome.paused and self._stopping is None:
            self._obstacle = outcome.stop
            self._stop("a trial was interrupted")
        attributes = self._attributes(number, returned, outcome)
        trial = self._shared.running[number]
        self._illustrator.announce(trial, outcome.state, Path(attributes[names.DIRECTORY]))
        state = self._shared.tell(number, outcome, attributes)
        if state in FINISHED:
            self._illustrator.draw(self._shared.trials[number])
        self._view.finished(number, state, outcome)
        self._log_failed_upload(number)
        if state is TrialState.FAIL:
            self._judge_failures(number, returned, outcome)
        elif state is TrialState.COMPLETE and self._is_improvement(number):
            self._write_results()

    def _count_loss(self, number: int, outcome: Outcome) -> Outcome:
        """Let a trial that lost its node run again, unless it has lost too many."""
        trial = self._shared.running[number]
        losses = 1 + trial.user_attrs.get(names.LOST_NODES, 0)
        trial.set_user_attr(names.LOST_NODES, losses)
        if losses < MAX_LOST_NODES:
            return outcome
        return Outcome(TrialState.FAIL, reason=f"it lost {losses} nodes; the last: {outcome.lost}")

    def _log_failed_upload(self, number: int) -> None:
        if self._settings.results_url is None:
            return
        known = self._shared.trials[number].user_attrs
        if names.UPLOAD_ERROR in known and not known.get(names.RESULTS_URL):
            self._view.log(f"trial {number}: {known[names.UPLOAD_ERROR]}")

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
        states = [
            trial.state
            for trial in self._shared.trials
            if trial.state in FINISHED and trial.number not in self._finished_before
        ]
        failed = states.count(TrialState.FAIL)
        rate = failed / len(states)
        enough = min(self._settings.min_failures, self._shared.budget)
        if failed < enough or rate <= self._settings.max_failure_rate:
            return
        directory = self._shared.trials[number].user_attrs.get(names.DIRECTORY)
        self._failure = self._failure or (
            f"{failed} of {len(states)} trials of study {self._plan.frozen.study_name!r} that "
            "finished since this start failed, more than hydra.sweeper.max_failure_rate="
            f"{self._settings.max_failure_rate:g} allows. The last was trial {number} in "
            f"{directory}: {outcome.headline}",
            returned if outcome.reason else None,  # None: another program failed the trial
        )
        self._stop("too many trials failed")

    def _is_improvement(self, number: int) -> bool:
        study = self._shared.study
        several = len(study.directions) > 1
        return several or best_of(study, self._shared.trials).number == number

    def _write_results(self) -> None:
        frozen = self._plan.frozen
        write_results(
            frozen.directory,
            self._shared.study,
            {
                "study": frozen.study_name,
                "storage": masked(frozen.storage),
                "directory": str(frozen.directory),
                "sampler_seed": self._settings.sampler.get("seed"),
                "fixed_overrides": list(self._plan.space.fixed),
            },
        )

    def _reclaim(self) -> None:
        numbers = self._shared.reclaim()
        if numbers:
            left = ", ".join(map(str, numbers))
            self._view.log(f"continuing trial {left}, whose process is gone")

    def _others_run(self) -> bool:
        """Whether another process still runs a trial, which is reclaimed if that process dies."""
        numbers = [
            trial.number for trial in self._shared.trials if trial.state is TrialState.RUNNING
        ]
        if numbers:
            self._view.waiting_for(numbers)
        return bool(numbers)

    # The end.

    def _end_paused(self) -> None:
        for frozen in self._shared.paused:
            trial = Trial(self._shared.study, trial_id(frozen))
            self._illustrator.announce(trial, TrialState.PRUNED, self._directory_of(frozen))
            if self._shared.end_paused(frozen):
                self._illustrator.draw(frozen)

    def _stop(self, reason: str) -> None:
        if self._interrupted:
            return
        if reason != self._stopping:
            self._view.log(f"no further trial: {reason}")
        self._stopping = reason

    def _stop_gently(self) -> None:
        if self._illustrator.stop_waiting():  # the search itself is done
            return
        self._stopping, self._interrupted = "interrupted", True
        self._view.stopping()
        # Not in this thread: the signal may have interrupted a call to the same storage. Not only
        # in `_work`: a launcher that runs jobs in this process keeps it busy.
        threading.Thread(target=self._shared.ask_to_stop, daemon=True).start()

    def _stop_at_once(self) -> None:
        if not self._illustrator.stop_waiting():
            self._insisted = True
            raise KeyboardInterrupt

    def _finish(self) -> None:
        if self._obstacle:
            raise StudyError(self._obstacle)
        if self._failure is not None:
            message, returned = self._failure
            # An OSError, raised again, would read as a fault of the sweep's own files, and a
            # SystemExit would end the sweep with the job's exit status, which may be 0.
            explained = (TailorError, OSError, SystemExit)  # by `message` alone
            if returned is not None and not isinstance(raw_return_value(returned), explained):
                log.error(message)
                returned.return_value  # noqa: B018  (raises the job's error with its traceback)
            raise StudyError(message)
        if complete(self._shared.trials):
            self._report_best()
        stopping = None if self._shared.is_spent else self._stopping
        self._view.summary(
            stopping or self._shared.exhausted,
            goes_on=stopping is not None,
            is_done=self._rules.done is not None,
        )

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


def _exit_as_signalled(number: int | None) -> None:
    """Exit with the code of a program that this signal ended; None: do nothing."""
    if number is not None:
        sys.exit(128 + number)
