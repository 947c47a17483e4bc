from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tailor.config import RunConfig
from tailor.data import DataSplits
from tailor.training import Recorder, fit
from tailor.training.recorders import build_recorders
from tailor.training.result import Row, RunResult


class Killed(Exception):
    """Stands for the end of the process."""


class Killer(Recorder):
    """Ends the run in an epoch that is kept but that nobody after it heard of."""

    def __init__(self, epoch: int | None) -> None:
        self._epoch = epoch

    def finished_epoch(self, history: Sequence[Row]) -> None:
        if len(history) == self._epoch:
            raise Killed


@pytest.fixture
def train(config_of: Callable[..., RunConfig], splits: DataSplits, tmp_path: Path) -> Any:
    """Train four epochs with a recorder, perhaps only until the process dies in one of them."""

    def train_with(name: str, *, kill_in: int | None = None, **arguments: Any) -> RunResult | None:
        config = config_of("training.epochs=4")
        target = {
            "tensorboard": "TensorBoardRecorder",
            "mlflow": "MlflowRecorder",
            "wandb": "WandbRecorder",
        }[name]
        chosen = {
            name: {"_target_": f"tailor.training.recorders.{target}", **arguments},
        }
        recorders = build_recorders(chosen, directory=tmp_path, config=config)
        if kill_in is None:
            return fit(config, splits, tmp_path, recorders=recorders)
        with pytest.raises(Killed):
            fit(config, splits, tmp_path, recorders=[Killer(kill_in), *recorders])
        return None

    return train_with
