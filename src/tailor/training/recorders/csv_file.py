"""`metrics.csv`: one row per epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tailor import names
from tailor.history import Row, write_history
from tailor.training.recorders.base import Recorder


class CsvRecorder(Recorder):
    """Writes `metrics.csv` after every epoch."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / names.METRICS_FILE

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        if history:  # the process may have died between saving an epoch and writing its row
            self.finished_epoch(history)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        write_history(self._path, history)
