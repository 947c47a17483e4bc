"""The sweep on a terminal: a panel that is drawn anew."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tailor import names

from ._best import best_line
from ._record import best_of
from ._stop import FINISHED
from ._study import SharedStudy
from ._view import STATE_WORDS, View
from ._wording import minutes, parameters

FRAME = 1.0  # seconds between two readings of the storage


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
        self._console.print(text, soft_wrap=True)

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
