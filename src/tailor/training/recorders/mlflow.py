"""`recorders=mlflow`: an MLflow run for each run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra_tailor.files import write_text
from tailor import names
from tailor.config import RunConfig
from tailor.training.recorders.base import Recorder
from tailor.training.recorders.flat import flat_config, metrics_of
from tailor.training.result import Row, RunResult

ID_FILE = "mlflow_run.txt"


class MlflowRecorder(Recorder):
    """Logs the config, a metric for each column of `metrics.csv`, and how the run ended.

    A continued run continues in MLflow: its id is stored in the run's directory.

    Args:
        directory: of the run.
        config: of the run.
        experiment: name of the MLflow experiment; created if missing.
        tracking_uri: of the server or the store; None: MLFLOW_TRACKING_URI, or MLflow's default.
    """

    def __init__(
        self,
        *,
        directory: Path,
        config: RunConfig,
        experiment: str,
        tracking_uri: str | None = None,
    ) -> None:
        self._directory = directory
        self._config = config
        self._experiment = experiment
        self._uri = tracking_uri
        self._client: Any = None
        self._id = ""
        self._status = "KILLED"

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(self._uri)
        id_file = self._directory / ID_FILE
        if id_file.exists():
            self._id = id_file.read_text(encoding="utf-8").strip()
            self._client.update_run(self._id, status="RUNNING")
        else:
            self._id = self._new_run()
            write_text(id_file, self._id + "\n")
        logged = self._client.get_metric_history(self._id, names.VAL_LOSS)
        logged_epochs = {metric.step for metric in logged}
        for row in history:
            if int(row[names.EPOCH]) not in logged_epochs:
                self._write(row)

    def _new_run(self) -> str:
        from mlflow.entities import Param

        name = "/".join(self._directory.parts[-2:])
        run = self._client.create_run(self._experiment_id(), run_name=name)
        settings = flat_config(self._config).items()
        params = [Param(key, str(value)) for key, value in settings]
        self._client.log_batch(run.info.run_id, params=params)
        return str(run.info.run_id)

    def _experiment_id(self) -> str:
        from mlflow.exceptions import MlflowException

        experiment = self._client.get_experiment_by_name(self._experiment)
        if experiment is None:
            try:
                return str(self._client.create_experiment(self._experiment))
            except MlflowException:  # another trial created it first
                experiment = self._client.get_experiment_by_name(self._experiment)
        return str(experiment.experiment_id)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        self._write(history[-1])

    def _write(self, row: Row) -> None:
        from mlflow.entities import Metric

        now, epoch = int(1000 * time.time()), int(row[names.EPOCH])
        metrics = [Metric(name, value, now, epoch) for name, value in metrics_of(row).items()]
        self._client.log_batch(self._id, metrics=metrics)

    def finished(self, result: RunResult) -> None:
        self._client.set_tag(self._id, "status", result.status)
        self._client.set_tag(self._id, names.BEST_EPOCH, result.best_epoch)
        self._client.set_tag(self._id, names.PARAMETERS, result.parameters)
        self._status = "FINISHED"

    def closed(self) -> None:
        if self._id:
            self._client.set_terminated(self._id, self._status)
