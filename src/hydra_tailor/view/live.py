"""A sweep on a terminal or in a notebook: a panel that is redrawn in place."""

from __future__ import annotations

import math
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

from hydra_tailor import names
from hydra_tailor.policy.pausing import epochs_reported
from hydra_tailor.study.continuing import counted
from hydra_tailor.study.outcome import FINISHED, Outcome
from hydra_tailor.study.ranking import best_of
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.terminal import Cell, in_notebook
from hydra_tailor.view.best_trials import best_line
from hydra_tailor.view.log_lines import WORDS, View, state_word
from hydra_tailor.view.wording import minutes, parameters

REDRAW_SECONDS = 1.0
BAR_WIDTH = 20
ALWAYS_SHOWN = ("complete", "pruned", "failed")


class LiveView(View):
    """Counts, the best trial, and a progress bar per running trial; see `View`."""

    def __init__(self, shared: SharedStudy, **options: Any) -> None:
        super().__init__(shared, **options)
        self._reported_before = epochs_reported(shared.trials)
        self._drawn_at = 0.0
        self._ended = False
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> View:
        self._live.start()
        super().__enter__()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def log(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def started(self, trial: FrozenTrial, values: Mapping[str, Any]) -> None:
        self._draw()

    def finished(self, number: int, state: TrialState, outcome: Outcome) -> None:
        if not outcome.paused:  # the panel counts the paused ones
            super().finished(number, state, outcome)

    def refresh(self) -> None:
        if time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._show(self.panel(self._shared.trials))

    def _show(self, panel: RenderableType) -> None:
        self._live.update(panel, refresh=True)

    def panel(self, trials: Sequence[FrozenTrial]) -> RenderableType:
        """Everything that is redrawn, for given trials of the study."""
        configurations = counted(trials)
        counts = Counter(map(state_word, configurations))
        done = sum(trial.state in FINISHED for trial in configurations)
        budget = self._shared.epoch_budget
        running = f"{counts['running']} running"
        head = Table.grid(padding=(0, 2))
        if math.isinf(budget):
            head.add_row(
                ProgressBar(total=self._shared.budget, completed=done, width=BAR_WIDTH),
                f"{done} of {self._shared.budget} done, {running}",
                self._time(trials, done),
            )
        else:
            reported = epochs_reported(trials)
            head.add_row(
                ProgressBar(total=budget, completed=reported, width=BAR_WIDTH),
                f"{reported} of {budget:g} epochs, {running}",
                self._time_of_epochs(reported, budget),
            )
        shown = [word for word in WORDS if word in ALWAYS_SHOWN or counts[word]]
        others = Text(", ".join(f"{counts[word]} {word}" for word in shown if word != "running"))
        best = Text(self._best(trials), overflow="ellipsis", no_wrap=True)
        rows = Table.grid(padding=(0, 2))
        for trial in trials:
            if trial.state is TrialState.RUNNING:
                rows.add_row(*_running_row(trial))
        return Group(head, others, best, rows)

    def _best(self, trials: Sequence[FrozenTrial]) -> str:
        line = best_line(self._shared, trials)
        if not line or len(self._shared.study.directions) > 1:
            return line or "no result yet"
        return f"best {line}: {parameters(best_of(self._shared.study, trials).params)}"

    def _time_of_epochs(self, reported: int, budget: float) -> str:
        passed = time.monotonic() - self._started
        trained = reported - self._reported_before
        if trained <= 0 or self._ended:
            return minutes(passed)
        left = (budget - reported) * passed / trained
        return f"{minutes(passed)}, about {minutes(left)} left"

    def _time(self, trials: Sequence[FrozenTrial], done: int) -> str:
        passed = time.monotonic() - self._started
        durations = [
            trial.duration.total_seconds()
            for trial in trials
            if trial.state in FINISHED and trial.duration is not None
        ]
        if not durations or self._ended:
            return minutes(passed)
        left = (self._shared.budget - done) * sum(durations) / len(durations) / self._capacity
        return f"{minutes(passed)}, about {minutes(left)} left"


class NotebookView(LiveView):
    """The panel below a notebook's cell; see `View`."""

    COMMAND = "run the same cell"
    INTERRUPT = "interrupting"

    def __init__(self, shared: SharedStudy, **options: Any) -> None:
        super().__init__(shared, **options)
        self._cell = Cell()

    def __enter__(self) -> View:
        View.__enter__(self)
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._draw()

    def _show(self, panel: RenderableType) -> None:
        self._cell.show(panel)


def make_view(shared: SharedStudy, *, prints_to_files: bool, **options: Any) -> View:
    """Return a live view on a terminal or in a notebook that no job prints to, else log lines.

    Args:
        shared: the study that is shown.
        prints_to_files: whether the launcher's jobs leave the terminal alone.
        options: see `View`.
    """
    if not prints_to_files:
        return View(shared, **options)
    if in_notebook():
        return NotebookView(shared, **options)
    return LiveView(shared, **options) if sys.stdout.isatty() else View(shared, **options)


def _running_row(trial: FrozenTrial) -> list[RenderableType]:
    epochs = trial.user_attrs.get(names.EPOCHS)
    reached = max(trial.intermediate_values, default=0)
    value = trial.intermediate_values.get(reached)
    return [
        f"trial {trial.number}",
        ProgressBar(total=epochs, completed=reached, width=BAR_WIDTH, pulse=epochs is None),
        f"{reached}/{epochs}" if epochs else f"{reached}",
        "" if value is None else f"{value:.5g}",
        Text(parameters(trial.params), overflow="ellipsis", no_wrap=True),
    ]
