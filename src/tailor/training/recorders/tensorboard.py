"""`recorders=tensorboard`: event files in the run's directory.

tensorboard --logdir multirun
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from tailor import names
from tailor.config import RunConfig
from tailor.training.recorders.base import Recorder
from tailor.training.recorders.flat import flat_config, metrics_of
from tailor.training.result import Row

FOLDER = "tensorboard"


class TensorBoardRecorder(Recorder):
    """Logs a scalar for each column of `metrics.csv`, one step per epoch, and the config as text.

    A continued run tells TensorBoard to discard all steps and writes them again, because a killed
    process may not have written its last epoch. The old file stays, because a TensorBoard that is
    reading it would not move on to the next file without it.
    """

    def __init__(self, *, directory: Path, config: RunConfig) -> None:
        self._directory = directory / FOLDER
        self._config = config
        self._writer: Any = None

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(self._directory, purge_step=1 if history else None)
        settings = OmegaConf.to_yaml(OmegaConf.create(flat_config(self._config)))
        self._writer.add_text("config", f"```\n{settings}```")
        for row in history:
            self._write(row)
        self._writer.flush()

    def finished_epoch(self, history: Sequence[Row]) -> None:
        self._write(history[-1])
        self._writer.flush()

    def _write(self, row: Row) -> None:
        for name, value in metrics_of(row).items():
            self._writer.add_scalar(name, value, int(row[names.EPOCH]))

    def closed(self) -> None:
        if self._writer is not None:
            self._writer.close()
