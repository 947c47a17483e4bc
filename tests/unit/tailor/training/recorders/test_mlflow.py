"""What MLflow itself reads back from its store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailor import names

mlflow = pytest.importorskip("mlflow", reason="MLflow is an extra: pip install mlflow-skinny")

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, of every kind


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    return {"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db", "experiment": "study"}


def steps(store: dict[str, Any], metric: str) -> list[int]:
    client = mlflow.MlflowClient(store["tracking_uri"])
    experiment = client.get_experiment_by_name("study")
    [run] = client.search_runs([experiment.experiment_id])
    return sorted(value.step for value in client.get_metric_history(run.info.run_id, metric))


def test_a_run_and_its_going_on_are_one_run_with_every_epoch_once(
    train: Callable[..., Any], store: dict[str, Any]
) -> None:
    train("mlflow", kill_in=3, **store)
    assert steps(store, names.VAL_LOSS) == [1, 2]
    result = train("mlflow", **store)
    assert steps(store, names.VAL_LOSS) == [1, 2, 3, 4]
    client = mlflow.MlflowClient(store["tracking_uri"])
    [run] = client.search_runs([client.get_experiment_by_name("study").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.epochs"] == "4"
    assert run.data.tags[names.BEST_EPOCH] == str(result.best_epoch)
    history = client.get_metric_history(run.info.run_id, names.VAL_ACCURACY)
    best = next(metric.value for metric in history if metric.step == result.best_epoch)
    assert best == pytest.approx(result.val_accuracy)


def test_a_run_that_died_is_not_finished(train: Callable[..., Any], store: dict[str, Any]) -> None:
    train("mlflow", kill_in=2, **store)
    client = mlflow.MlflowClient(store["tracking_uri"])
    [run] = client.search_runs([client.get_experiment_by_name("study").experiment_id])
    assert run.info.status == "KILLED"
