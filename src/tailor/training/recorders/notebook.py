"""Printing the progress of a run below a notebook's cell."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.progress_bar import ProgressBar
from rich.table import Table

from hydra_tailor.terminal import Cell
from tailor.training.recorders.console import ConsoleRecorder
from tailor.training.result import Row

REDRAW_SECONDS = 0.5
BAR_WIDTH = 40


class NotebookRecorder(ConsoleRecorder):
    """One line per epoch, and above the lines a progress bar of the whole run."""

    def __init__(self) -> None:
        super().__init__()
        self._cell = Cell()
        self._steps = self._done = 0
        self._per_epoch = 1
        self._drawn_at = 0.0

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        self._per_epoch, self._steps = steps, epochs * steps
        self._done = len(history) * steps
        self._draw()
        super().started(history, epochs=epochs, steps=steps)

    def stepped(self) -> None:
        self._done += 1
        if time.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            self._draw()

    def closed(self) -> None:
        super().closed()
        if self._steps:  # otherwise the run did not begin
            self._draw()

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        line = Table.grid(padding=(0, 2))
        line.add_row(
            ProgressBar(total=self._steps, completed=self._done, width=BAR_WIDTH),
            f"{self._done // self._per_epoch} of {self._steps // self._per_epoch} epochs",
        )
        self._cell.show(line)
