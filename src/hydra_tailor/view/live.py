"""A sweep on a terminal or in a notebook: a panel that is redrawn in place."""

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

from hydra_tailor import names
from hydra_tailor.internals.rich import note_reflow
from hydra_tailor.policy.pausing import epochs_reported
from hydra_tailor.study.continuing import counted
from hydra_tailor.study.outcome import FINISHED, Outcome
from hydra_tailor.study.ranking import best_of
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.study.workload import InAll
from hydra_tailor.terminal import NOTEBOOK_WIDTH, Cell, in_notebook
from hydra_tailor.view.best_trials import GAP, add_columns, best_line, narrowest
from hydra_tailor.view.log_lines import WORDS, View, state_word
from hydra_tailor.view.wording import minutes, parameters, short, short_names

REDRAW_SECONDS = 1.0
BAR_WIDTH = 12
ALWAYS_SHOWN = ("complete", "pruned", "failed")


class LiveView(View):
    """Progress, counts, the best trial, and a row for each running trial; see `View`."""

    def __init__(self, shared: SharedStudy, **options: Any) -> None:
        super().__init__(shared, **options)
        self._drawn_at = 0.0
        self._drawn_width = 0
        self._line_widths: list[int] = []
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> View:
        self._live.start()
        super().__enter__()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._note_resize()
        self._live.stop()

    def log(self, text: str) -> None:
        self._note_resize()
        self._console.print(text, soft_wrap=True)

    def started(self, trial: FrozenTrial, values: Mapping[str, Any]) -> None:
        self._draw()

    def finished(self, number: int, state: TrialState, outcome: Outcome) -> None:
        if not outcome.paused:  # the panel counts the paused ones
            super().finished(number, state, outcome)

    def refresh(self) -> None:
        super().refresh()
        if time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        panel = self.panel(self._shared.trials, width=self._console.width)
        self._note_resize()
        self._live.update(panel, refresh=True)
        lines = self._console.render_lines(panel, pad=False)
        self._line_widths = [sum(part.cell_length for part in line) for line in lines]
        self._drawn_width = self._console.width

    def _note_resize(self) -> None:
        width = self._console.width
        if width < self._drawn_width:
            note_reflow(self._live, self._line_widths, width)
            self._drawn_width = width

    def panel(self, trials: Sequence[FrozenTrial], *, width: int) -> RenderableType:
        """The content that is redrawn.

        Args:
            trials: the study's trials.
            width: the terminal's width, in characters.
        """
        return Group(
            "",  # a spare row: a narrower terminal may scroll it out of reach
            self._progress_line(trials),
            Text(self._counts(trials)),
            Text(self._best(trials)),
            self._running([one for one in trials if one.state is TrialState.RUNNING], width),
        )

    def _progress_line(self, trials: Sequence[FrozenTrial]) -> RenderableType:
        all_epochs = self._epochs_in_all(trials)
        done, unit = epochs_reported(trials), "epochs"
        if all_epochs is None:
            done, unit = _n_finished(trials), "trials"
        total = all_epochs or InAll(self._shared.budget)
        words = [f"{done:,} of {total} {unit}", self._time_left(trials, all_epochs)]
        line = Table.grid(padding=(0, GAP))
        line.add_row(
            ProgressBar(total=total.number, completed=done, width=BAR_WIDTH),
            ", ".join(filter(None, words)),
        )
        return line

    def _counts(self, trials: Sequence[FrozenTrial]) -> str:
        counts = Counter(map(state_word, counted(trials)))
        shown = [word for word in WORDS if word in ALWAYS_SHOWN or counts[word]]
        others = ", ".join(f"{counts[word]} {word}" for word in shown if word != "running")
        return (
            f"{_n_finished(trials)} of {self._shared.budget} trials done in "
            f"{minutes(self._work.passed)}: {others}; {counts['running']} running"
        )

    def _best(self, trials: Sequence[FrozenTrial]) -> str:
        line = best_line(self._shared, trials)
        if not line or len(self._objectives) > 1:
            return line or "no result yet"
        best = best_of(self._shared.study, trials).params
        by_label = dict(zip(short_names(list(best)), best.values(), strict=True))
        return f"best {_spaced(self._objectives[0])} {line}: {parameters(by_label)}"

    def _running(self, trials: Sequence[FrozenTrial], width: int) -> RenderableType:
        """A row for each running trial, and a column for each parameter if they fit."""
        searched = list(dict.fromkeys(name for trial in trials for name in trial.params))
        labels = dict(zip(searched, short_names(searched), strict=True))
        fixed = ["trial", "epochs run", *(self._objectives[:1] if self._shows_values else ())]
        columns = [*fixed, *labels.values()]
        narrow = BAR_WIDTH + GAP + sum(map(narrowest, columns)) > width
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
        add_columns(table, fixed[:1])
        table.add_column("")
        add_columns(table, fixed[1:] if narrow else columns[1:])
        below = []
        for trial in trials:
            by_label = {labels[name]: value for name, value in trial.params.items()}
            cells = [short(by_label.get(label, "")) for label in labels.values()]
            table.add_row(*_progress_cells(trial)[: len(fixed) + 1], *([] if narrow else cells))
            below.append(Text(f"trial {trial.number}: {parameters(by_label)}"))
        return Group(*([table] if trials else []), *(below if narrow else []))

    @property
    def _shows_values(self) -> bool:
        """Whether reported values have a name: of several objectives, it may be any."""
        return len(self._objectives) == 1


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
        self._ends = True
        self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._cell.show(self.panel(self._shared.trials, width=NOTEBOOK_WIDTH))


def make_view(shared: SharedStudy, *, prints_to_files: bool, **options: Any) -> View:
    """Return a live view on a terminal or in a notebook that no job prints to, else log lines.

    Args:
        shared: the study that is shown.
        prints_to_files: whether the launcher's jobs print to files, not to the terminal.
        options: see `View`.
    """
    if not prints_to_files:
        return View(shared, **options)
    if in_notebook():
        return NotebookView(shared, **options)
    return LiveView(shared, **options) if sys.stdout.isatty() else View(shared, **options)


def _progress_cells(trial: FrozenTrial) -> list[RenderableType]:
    epochs = trial.user_attrs.get(names.EPOCHS)
    reached = max(trial.intermediate_values, default=0)
    value = trial.intermediate_values.get(reached)
    return [
        str(trial.number),
        ProgressBar(total=epochs, completed=reached, width=BAR_WIDTH, pulse=epochs is None),
        f"{reached}/{epochs}" if epochs else f"{reached}",
        "" if value is None else f"{value:.5g}",
    ]


def _n_finished(trials: Sequence[FrozenTrial]) -> int:
    return sum(trial.state in FINISHED for trial in counted(trials))


def _spaced(key: str) -> str:
    """A key as its words."""
    return key.replace("_", " ")
