"""Printing the progress of a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hydra_tailor.terminal import plain_console
from tailor import names
from tailor.training.recorders.base import Recorder
from tailor.training.result import Row, RunResult


class ConsoleRecorder(Recorder):
    """One line per epoch, and on a terminal a progress bar below the lines."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or plain_console(file=sys.stdout, soft_wrap=True)
        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=40),
            TextColumn("{task.completed}/{task.total} steps"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = TaskID(0)
        self._epochs = 0

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        self._epochs = epochs
        if history:
            self._console.print(f"continuing after epoch {len(history)} of {epochs}")
        self._task = self._progress.add_task("", total=steps, epoch=len(history) + 1)
        self._progress.start()

    def stepped(self) -> None:
        self._progress.advance(self._task)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        row = history[-1]
        width = len(str(self._epochs))
        self._console.print(
            f"epoch {int(row[names.EPOCH]):{width}}/{self._epochs}"
            f"  loss {row[names.TRAIN_LOSS]:.4f}  accuracy {row[names.TRAIN_ACCURACY]:6.2%}"
            f"  val loss {row[names.VAL_LOSS]:.4f}  val accuracy {row[names.VAL_ACCURACY]:6.2%}"
            f"  {row[names.IMAGES_PER_SECOND]:,.0f} images/s"
        )
        self._progress.reset(self._task, epoch=len(history) + 1)

    def finished(self, result: RunResult) -> None:
        early = result.status == "complete" and result.epochs_run < self._epochs
        status = "stopped early" if early else result.status
        self._console.print(
            f"{status}: best val accuracy {result.val_accuracy:.2%} in epoch "
            f"{result.best_epoch}, {result.parameters:,} parameters, {result.seconds:.1f} s"
        )

    def closed(self) -> None:
        self._progress.stop()
