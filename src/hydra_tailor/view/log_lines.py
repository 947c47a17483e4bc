"""A sweep as log lines while it runs, and as a table at its end."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from rich.table import Table

from hydra_tailor import names
from hydra_tailor.policy.pausing import epochs_reported, is_paused
from hydra_tailor.study.continuing import counted
from hydra_tailor.study.outcome import FINISHED, Outcome
from hydra_tailor.study.ranking import best_of, complete, further_values
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.study.workload import InAll, Lengths, epochs_in_all
from hydra_tailor.terminal import plain_console
from hydra_tailor.view.best_trials import best_line, best_table
from hydra_tailor.view.time_left import TimeLeft
from hydra_tailor.view.wording import minutes, parameters

log = logging.getLogger(__name__)

STATE_WORDS = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
PAUSED = "paused"
"""A trial that waits at its rung, or ended there because the budget was spent."""
WORDS = ("complete", PAUSED, "pruned", "failed", "running", "waiting")
"""In the order in which counts are shown."""


def state_word(trial: FrozenTrial) -> str:
    """A trial's state, in a word."""
    return PAUSED if is_paused(trial) and trial.intermediate_values else STATE_WORDS[trial.state]


class View:
    """One log line per event.

    Args:
        shared: the study that is shown.
        capacity: trials that run at once.
        objectives: the names of a trial's values.
        lengths: the numbers of epochs of the configurations.
        next_commands: commands that the summary suggests.
        again: overrides that make the same command continue the study.
    """

    COMMAND = "type the same command"
    """The action that continues the search."""
    INTERRUPT = "Ctrl-C"

    def __init__(
        self,
        shared: SharedStudy,
        *,
        capacity: int,
        objectives: Sequence[str] = ("value",),
        lengths: Lengths | None = None,
        next_commands: Sequence[str] = (),
        again: Sequence[str] = (),
    ) -> None:
        self._shared = shared
        self._capacity = capacity
        self._objectives = objectives
        self._lengths = lengths or Lengths()
        self._next_commands = next_commands
        self._again = again
        self._console = plain_console()
        self._work = TimeLeft(epochs_reported(shared.trials))
        self._logged_waiting = False
        self._trains = False
        self._ends = False

    def __enter__(self) -> View:
        done = sum(trial.state in FINISHED for trial in counted(self._shared.trials))
        if done:
            self.log(f"continuing with {done} finished trials of {self._shared.budget}")
        return self

    def __exit__(self, *_: object) -> None:
        """Log lines leave nothing to clean up."""

    def log(self, text: str) -> None:
        log.info("%s", text)

    def started(self, trial: FrozenTrial, values: Mapping[str, Any]) -> None:
        known = trial.user_attrs
        if names.CONFIRMS in known:
            what = f"runs: trial {known[names.CONFIRMS]} again with seed {known[names.SEED]}"
        else:
            what = f"runs: {parameters(values)}"
        self.log(f"trial {trial.number} {what}")

    def finished(self, number: int, state: TrialState, outcome: Outcome) -> None:
        self.log(f"trial {number} {self._ending(number, state, outcome)} {self._progress()}")

    def _ending(self, number: int, state: TrialState, outcome: Outcome) -> str:
        if state is TrialState.FAIL:
            return f"failed: {outcome.headline}"
        if state is TrialState.RUNNING:
            return "was taken over by another process: this host sent no heartbeat for too long"
        if outcome.paused:
            reports = self._shared.trials[number].intermediate_values
            n = len(reports)
            return f"pauses after {n} epoch{'s' * (n != 1)}: {reports[max(reports)]:.5g}"
        if outcome.lost:
            return f"runs again: {outcome.lost}"
        if state is TrialState.WAITING:
            return "was interrupted; it continues when the search does"
        if state is TrialState.PRUNED:
            reports = self._shared.trials[number].intermediate_values
            return f"was pruned after {len(reports)} report{'s' * (len(reports) != 1)}"
        return f"is complete: {', '.join(f'{value:.5g}' for value in outcome.values or ())}"

    def _progress(self) -> str:
        trials = self._shared.trials
        done = sum(trial.state in FINISHED for trial in counted(trials))
        best = best_line(self._shared, trials)
        epochs = self._epochs()
        trials_done = f"{done} of {self._shared.budget}{' trials' * bool(epochs)} done"
        left = self._time_left(trials, self._epochs_in_all(trials))
        words = [trials_done, epochs, left, f"best {best}" if best else ""]
        return f"({'; '.join(filter(None, words))})"

    def _epochs(self) -> str:
        """The epochs that are trained or being trained, if an epoch budget limits them."""
        budget = self._shared.epoch_budget
        if math.isinf(budget):
            return ""
        return f"{budget - self._shared.epochs_left:g} of {budget:g} epochs"

    def _epochs_in_all(self, trials: Sequence[FrozenTrial]) -> InAll | None:
        return epochs_in_all(self._shared, trials, self._lengths)

    def _time_left(self, trials: Sequence[FrozenTrial], total: InAll | None) -> str:
        """The time until the search is done, in words; empty while it is unknown.

        Args:
            trials: the study's trials.
            total: epochs of the whole search; None if they are unknown.
        """
        if self._ends:
            return ""
        if total is None:
            seconds = self._by_durations(trials)
        else:
            seconds = self._work.seconds(epochs_reported(trials), total.number)
        return "" if seconds is None else f"about {minutes(seconds)} left"

    def _by_durations(self, trials: Sequence[FrozenTrial]) -> float | None:
        """Seconds for the remaining trials, if a program does not announce its epochs."""
        ended = [trial for trial in trials if trial.state in FINISHED]
        durations = [trial.duration.total_seconds() for trial in ended if trial.duration]
        if not durations:
            return None
        to_come = self._shared.budget - sum(trial.state in FINISHED for trial in counted(trials))
        return max(0, to_come) * fmean(durations) / self._capacity

    def refresh(self) -> None:
        """Called between events, about twice a second."""
        if self._trains:
            return  # no need to read the trials again
        self._trains = any(names.EPOCHS in trial.user_attrs for trial in self._shared.trials)
        if not self._trains:
            self._work.nothing_runs_yet()

    def stopping(self) -> None:
        self._ends = True
        running = len(self._shared.running)
        self.log(
            f"stopping: no new trial; {running} running are saved at their next report "
            f"({self.INTERRUPT} again ends them at once)"
        )

    def ended_at_once(self) -> None:
        """Print what is kept. The storage is not called: the search may be waiting for it."""
        self._console.print(
            "ended at once: finished trials are kept, and running ones continue from what they "
            f"saved last. To continue, {self._command()}.",
            soft_wrap=True,
        )

    def waiting_for(self, numbers: Sequence[int]) -> None:
        if not self._logged_waiting:
            self._logged_waiting = True
            self.log(f"waiting for trial {', '.join(map(str, numbers))}, run by another process")

    def summary(
        self, stopped: str | None, *, goes_on: bool = False, is_done: bool = False
    ) -> None:
        """Print the best trials and what to type next.

        Args:
            stopped: why the search ended before its budget was spent.
            goes_on: whether the same command would begin further trials.
            is_done: whether it would begin none, although the budget is not spent.
        """
        over_budget = counted(self._shared.trials)[self._shared.budget :]
        # A storage that does not add trials in turn may hold one too many, which never runs. A
        # trial for which no epochs were left never runs either.
        surplus = {
            trial.number
            for trial in (over_budget if stopped else self._shared.trials)
            if trial.state is TrialState.WAITING
            and not trial.intermediate_values
            and (trial.datetime_start is None or is_paused(trial))
        }
        trials = [trial for trial in self._shared.trials if trial.number not in surplus]
        counts = Counter(map(state_word, counted(trials)))
        words = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
        confirming = sum(map(len, further_values(trials).values()))
        confirmed = f", {confirming} runs with other seeds" if confirming else ""
        epochs = f", {spent}" if (spent := self._epochs()) else ""
        self._console.print()
        if complete(trials):
            self._console.print(self._best_table(trials))
        self._console.print(
            f"study {self._shared.study.study_name}: {words or 'no trial'} of "
            f"{self._shared.budget}{confirmed}{epochs}"
            f"{f' (stopped: {stopped})' if stopped else ''}",
            soft_wrap=True,
        )
        if self._shared.unconfirmed is not None:
            self._console.print(
                f"The epoch budget has no room for a further run of trial "
                f"{self._shared.unconfirmed} with another seed.",
                soft_wrap=True,
            )
        unfinished = (TrialState.WAITING, TrialState.RUNNING)
        goes_on |= any(trial.state in unfinished for trial in trials)
        if goes_on and not is_done:
            self._console.print(f"To continue, {self._command()}.", soft_wrap=True)
        elif not stopped:
            self._console.print(self._how_to_grow(), soft_wrap=True)
        if self._next_commands and complete(trials):
            self._print_next(trials)

    def _print_next(self, trials: Sequence[FrozenTrial]) -> None:
        if not self._has_files(trials):
            self._console.print("The best trial's run directory is not on this host.")
            return
        self._console.print("Next:")
        for command in self._next_commands:
            self._console.print(f"  {command}", soft_wrap=True)

    def _best_table(self, trials: Sequence[FrozenTrial]) -> Table:
        width = self._console.width
        return best_table(self._shared, trials, width=width, objectives=self._objectives)

    def _has_files(self, trials: Sequence[FrozenTrial]) -> bool:
        """Whether a best trial's run directory is in reach: the next commands read it."""
        study = self._shared.study
        best = best_of(study, trials) if len(study.directions) == 1 else study.best_trials[0]
        known = best.user_attrs
        return bool(known.get(names.RESULTS_URL)) or Path(known.get(names.DIRECTORY, ".")).exists()

    def _how_to_grow(self) -> str:
        shared = self._shared
        lengths = [int(trial.user_attrs.get(names.EPOCHS) or 0) for trial in shared.trials]
        # Enough for a whole training, and more than was spent.
        larger = 2 * max(shared.epoch_budget, shared.epochs_claimed, *lengths, 0)
        if len(counted(shared.trials)) < shared.budget:
            return (
                f"The budget of {shared.epoch_budget} epochs is spent. For more, "
                f"{self._command(f'hydra.sweeper.epoch_budget={larger}')}."
            )
        if shared.budget >= shared.limit:
            return "Every configuration of the search space has a trial."
        more = 2 * max(shared.budget, len(counted(shared.trials)))  # a typed budget may be smaller
        words = [f"hydra.sweeper.n_trials={min(more, shared.limit)}"]
        if math.isfinite(shared.epoch_budget):
            words.append(f"hydra.sweeper.epoch_budget={larger}")
        return f"For more trials, {self._command(*words)}."

    def _command(self, *words: str) -> str:
        """What the user does to continue this study, in few words."""
        added = " ".join((*words, *self._again))
        return f"{self.COMMAND} with {added}" if added else f"{self.COMMAND} again"
