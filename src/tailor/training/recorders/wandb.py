"""`recorders=wandb`: a Weights & Biases run for each run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra_tailor.files import read_json, write_json
from tailor import names
from tailor.config import RunConfig
from tailor.training.recorders.base import Recorder
from tailor.training.recorders.flat import flat_config, metrics_of
from tailor.training.result import Row, RunResult

STATE_FILE = "wandb_run.json"


class WandbRecorder(Recorder):
    """Logs the config, every column of `metrics.csv` with the epoch as step, and a summary.

    A continued run continues in W&B: its id and the number of sent rows are stored in the run's
    directory.

    Args:
        directory: of the run; W&B's own files are stored in it.
        config: of the run.
        project: name of the W&B project.
        mode: online, offline or disabled; None: WANDB_MODE, or online.
    """

    def __init__(
        self, *, directory: Path, config: RunConfig, project: str, mode: str | None = None
    ) -> None:
        self._directory = directory
        self._config = config
        self._project = project
        self._mode: Any = mode
        self._run: Any = None
        self._sent = 0

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        import wandb

        state_file = self._directory / STATE_FILE
        new: dict[str, Any] = {"id": uuid.uuid4().hex[:12], "sent": 0}
        state = read_json(state_file) if state_file.exists() else new
        self._sent = state["sent"]
        self._run = wandb.init(
            id=state["id"],
            resume="allow",
            project=self._project,
            name="/".join(self._directory.parts[-2:]),
            dir=self._directory,
            config=flat_config(self._config),
            mode=self._mode,
            settings=wandb.Settings(silent=True, console="off"),
        )
        self._send(history)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        self._send(history)

    def _send(self, history: Sequence[Row]) -> None:
        for row in history[self._sent :]:
            self._run.log(metrics_of(row), step=int(row[names.EPOCH]))
        self._sent = len(history)
        write_json(self._directory / STATE_FILE, {"id": self._run.id, "sent": self._sent})

    def finished(self, result: RunResult) -> None:
        for name in (*names.RESULT_ATTRIBUTES, "status"):
            self._run.summary[name] = getattr(result, name)

    def closed(self) -> None:
        if self._run is not None:
            self._run.finish()
