"""`metrics.csv`: one row per epoch."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from hydra_tailor.files import whole
from tailor import names
from tailor.training.recorders.base import Recorder
from tailor.training.result import Row


class CsvRecorder(Recorder):
    """Writes `metrics.csv` after every epoch."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / names.METRICS_FILE

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        if history:  # the process may have died between saving an epoch and writing its row
            self.finished_epoch(history)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        with whole(self._path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, names.METRIC_COLUMNS)
            writer.writeheader()
            writer.writerows({**row, names.EPOCH: int(row[names.EPOCH])} for row in history)
