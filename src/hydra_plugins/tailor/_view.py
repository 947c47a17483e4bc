"""What a person sees of a sweep: a live view on a terminal, else log lines; a table at its end."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tailor import names

from ._record import Outcome, best_of, complete, rank
from ._resume import counted
from ._sampler import Grid
from ._stop import FINISHED
from ._study import SharedStudy

log = logging.getLogger(__name__)

TOP = 10  # trials in the last table
FRAME = 1.0  # seconds between two readings of the storage for the live view


class View:
    """Log lines, one for each thing that happens.

    Args:
        shared: the study that is looked at.
        capacity: trials that run at once.
        next_commands: what the last lines suggest to type.
    """

    def __init__(
        self, shared: SharedStudy, *, capacity: int, next_commands: Sequence[str] = ()
    ) -> None:
        self._shared = shared
        self._capacity = capacity
        self._next_commands = next_commands
        self._console = Console(file=sys.stdout, highlight=False)
        self._started = time.monotonic()
        self._said_waiting = False

    def __enter__(self) -> View:
        done = sum(trial.state in FINISHED for trial in self._shared.trials)
        if done:
            self.say(f"going on with {done} finished trials of {self._shared.budget}")
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def say(self, text: str) -> None:
        log.info("%s", text)

    def started(self, number: int, values: Mapping[str, Any]) -> None:
        self.say(f"trial {number} runs: {parameters(values)}")

    def finished(self, number: int, state: TrialState, outcome: Outcome) -> None:
        self.say(f"trial {number} {self._ending(number, state, outcome)} {self._progress()}")

    def _ending(self, number: int, state: TrialState, outcome: Outcome) -> str:
        if state is TrialState.FAIL:
            reason = outcome.reason.splitlines()[-1] if outcome.reason else "finished elsewhere"
            return f"failed: {reason}"
        if state is TrialState.RUNNING:
            return "is in other hands: this host was not heard of for too long"
        if outcome.lost:
            return f"runs again: {outcome.lost}"
        if state is TrialState.WAITING:
            return "was interrupted; it goes on when the same command is typed again"
        if state is TrialState.PRUNED:
            reports = self._shared.trials[number].intermediate_values
            return f"was pruned after {len(reports)} report{'s' * (len(reports) != 1)}"
        return f"is complete: {', '.join(f'{one:.5g}' for one in outcome.values or ())}"

    def _progress(self) -> str:
        trials = self._shared.trials
        done = sum(trial.state in FINISHED for trial in trials)
        best = best_line(self._shared, trials)
        return f"({done} of {self._shared.budget} done{f'; best {best}' if best else ''})"

    def refresh(self) -> None:
        """Called between events, about twice a second."""

    def stopping(self) -> None:
        running = len(self._shared.running)
        self.say(
            f"stopping: no new trial; {running} running are saved at their next report (Ctrl-C "
            "again ends them at once)"
        )

    def waiting_for(self, numbers: Sequence[int]) -> None:
        if not self._said_waiting:
            self._said_waiting = True
            self.say(f"waiting for trial {', '.join(map(str, numbers))}, run by another process")

    def summary(self, stopped: str | None) -> None:
        """Print the best trials and what to type next."""
        over_budget = counted(self._shared.trials)[self._shared.budget :]
        # Two processes that race for the last trial may leave one more, which never runs.
        surplus = {trial.number for trial in over_budget if trial.state is TrialState.WAITING}
        trials = [trial for trial in self._shared.trials if trial.number not in surplus]
        counts = Counter(trial.state for trial in trials)
        words = ", ".join(
            f"{counts[state]} {word}" for state, word in STATE_WORDS.items() if counts[state]
        )
        self._console.print()
        if complete(trials):
            self._console.print(best_table(self._shared, trials))
        self._console.print(
            f"study {self._shared.study.study_name}: {words or 'no trial'} of "
            f"{self._shared.budget}{f' (stopped: {stopped})' if stopped else ''}",
            soft_wrap=True,
            markup=False,
        )
        if counts[TrialState.WAITING] or counts[TrialState.RUNNING]:
            self._console.print("To go on, type the same command again.")
        elif not stopped and not isinstance(self._shared.study.sampler, Grid):
            self._console.print(
                "For more trials, type the same command with "
                f"hydra.sweeper.n_trials={2 * self._shared.budget}.",
                soft_wrap=True,
            )
        if self._next_commands and complete(trials):
            self._console.print("Next:")
            for command in self._next_commands:
                self._console.print(f"  {command}", soft_wrap=True, markup=False)


STATE_WORDS = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


class LiveView(View):
    """A panel that is drawn anew: counts, the best trial, a bar for each running one."""

    def __init__(
        self, shared: SharedStudy, *, capacity: int, next_commands: Sequence[str] = ()
    ) -> None:
        super().__init__(shared, capacity=capacity, next_commands=next_commands)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._drawn = 0.0

    def __enter__(self) -> View:
        self._live.start()
        super().__enter__()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True)

    def started(self, number: int, values: Mapping[str, Any]) -> None:
        self._draw()

    def refresh(self) -> None:
        if time.monotonic() - self._drawn >= FRAME:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._live.update(self.panel(self._shared.trials), refresh=True)

    def panel(self, trials: Sequence[FrozenTrial]) -> RenderableType:
        counts = Counter(trial.state for trial in trials)
        done = sum(counts[state] for state in FINISHED)
        head = Table.grid(padding=(0, 2))
        head.add_row(
            ProgressBar(total=self._shared.budget, completed=done, width=20),
            f"{done} of {self._shared.budget} done, {counts[TrialState.RUNNING]} running",
            self._time(trials, done),
        )
        ended = Text(", ".join(f"{counts[state]} {STATE_WORDS[state]}" for state in FINISHED))
        best = Text(self._best(trials), overflow="ellipsis", no_wrap=True)
        running = Table.grid(padding=(0, 2))
        for trial in trials:
            if trial.state is TrialState.RUNNING:
                running.add_row(*_running_row(trial))
        return Group(head, ended, best, running)

    def _best(self, trials: Sequence[FrozenTrial]) -> str:
        line = best_line(self._shared, trials)
        if not line or len(self._shared.study.directions) > 1:
            return line or "no result yet"
        return f"best {line}: {parameters(best_of(self._shared.study).params)}"

    def _time(self, trials: Sequence[FrozenTrial], done: int) -> str:
        passed = time.monotonic() - self._started
        durations = [
            trial.duration.total_seconds()
            for trial in trials
            if trial.state in FINISHED and trial.duration is not None
        ]
        if not durations:
            return minutes(passed)
        left = (self._shared.budget - done) * sum(durations) / len(durations) / self._capacity
        return f"{minutes(passed)}, about {minutes(left)} left"


def make_view(
    shared: SharedStudy, *, capacity: int, quiet_jobs: bool, next_commands: Sequence[str]
) -> View:
    """A live view where there is a terminal and no job prints over it, else log lines."""
    kind = LiveView if quiet_jobs and sys.stdout.isatty() else View
    return kind(shared, capacity=capacity, next_commands=next_commands)


def _running_row(trial: FrozenTrial) -> list[RenderableType]:
    epochs = trial.user_attrs.get(names.EPOCHS)
    reached = max(trial.intermediate_values, default=0)
    value = trial.intermediate_values.get(reached)
    return [
        f"trial {trial.number}",
        ProgressBar(total=epochs, completed=reached, width=20, pulse=epochs is None),
        f"{reached}/{epochs}" if epochs else f"{reached}",
        "" if value is None else f"{value:.5g}",
        Text(parameters(trial.params), overflow="ellipsis", no_wrap=True),
    ]


def parameters(values: Mapping[str, Any]) -> str:
    """Parameters as a person reads them: numbers short, the rest as it is."""
    return ", ".join(f"{name}={short(value)}" for name, value in values.items())


def short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def minutes(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def short_names(keys: Sequence[str]) -> list[str]:
    """The last part of each dotted key, or the whole key where two would look the same."""
    last = [key.rpartition(".")[2] for key in keys]
    return [part if last.count(part) == 1 else key for key, part in zip(keys, last, strict=True)]


def best_line(shared: SharedStudy, trials: Sequence[FrozenTrial]) -> str:
    if not complete(trials):
        return ""
    if len(shared.study.directions) > 1:
        return f"{len(shared.study.best_trials)} trials on the Pareto front"
    best = best_of(shared.study, trials)
    return f"{best.value:.5g} in trial {best.number}"


def best_table(shared: SharedStudy, trials: Sequence[FrozenTrial]) -> Table:
    """The best trials of one objective, or the Pareto front of several, as a table."""
    study = shared.study
    single = len(study.directions) == 1
    shown = (
        sorted(complete(trials), key=lambda trial: rank(study, trial))[:TOP]
        if single
        else study.best_trials
    )
    searched = list(dict.fromkeys(name for trial in shown for name in trial.params))
    values = (
        ["value"] if single else [f"value {index + 1}" for index in range(len(study.directions))]
    )
    title = f"best trials of {study.study_name}" if single else "Pareto front"
    table = Table(title=title, box=box.SIMPLE_HEAVY, pad_edge=False, collapse_padding=True)
    for column in ("trial", *values, *short_names(searched), "epochs run", "seconds"):
        # Folds between the words of a key, where a terminal is narrow, not within the numbers.
        table.add_column(column.replace("_", " "), justify="right", overflow="fold")
    for trial in shown:
        seconds = trial.user_attrs.get(names.SECONDS) or (
            trial.duration.total_seconds() if trial.duration else 0.0
        )
        table.add_row(
            str(trial.number),
            *(f"{value:.5g}" for value in trial.values),
            *(short(trial.params.get(name, "")) for name in searched),
            str(trial.user_attrs.get(names.EPOCHS_RUN, len(trial.intermediate_values) or "")),
            f"{seconds:.1f}",
        )
    return table
