"""`hydra.sweeper.results_url`: results of every trial in one place, whichever process ran it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.hydra_config import HydraConfig

from hydra_tailor.jobs import remote
from hydra_tailor.plugins.sweeper import SweepError

from .conftest import Sweep, Toy, X, states

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("launcher", ["local", "joblib", "submitit_local"])
def test_each_job_delivers_what_it_made(toy: Toy, launcher: str) -> None:
    """A pruned and a failed trial too; the place is kept with each."""
    toy.run(
        X,
        f"hydra/launcher={launcher}",
        "hydra.sweeper.results_url=results",  # of the working directory, wherever a job runs
        "hydra.sweeper.n_trials=3",
        "hydra.sweeper.max_failure_rate=1",
        "at=[1:prune,2:raise]",
    )
    assert states(toy.study) == "CPF"
    for trial in toy.trials:
        place = toy.directory / "results" / "toy" / str(trial.number)
        assert trial.user_attrs["results_url"] == f"file://{place}"
        assert (place / ".hydra" / "config.yaml").exists()
    there = toy.directory / "results" / "toy" / "0" / "state.json"
    assert json.loads(there.read_text())["epoch"] == 3


def write(config: Any) -> float:
    (Path(HydraConfig.get().runtime.output_dir) / "result.txt").write_text(str(config.x))
    return float(config.x)


def test_a_place_that_fails_costs_no_trial_and_is_said(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put = remote._put

    def full(directory: Path, *arguments: Any) -> None:
        if directory.name == "1":
            raise OSError("the bucket is full")
        put(directory, *arguments)

    monkeypatch.setattr(remote, "_put", full)
    monkeypatch.setattr(remote, "RETRY_PAUSES_SECONDS", (0.0,))
    study = sweep(write, X, "hydra.sweeper.results_url=memory://there", "hydra.sweeper.n_trials=3")
    assert states(study) == "CCC"
    error = study.trials[1].user_attrs["upload_error"]
    assert "could not be copied to memory://there/toy/1, tried 2 times: OSError: the buc" in error
    assert [trial.user_attrs.get("results_url") for trial in study.trials] == [
        "memory://there/toy/0",
        None,
        "memory://there/toy/2",
    ]
    assert f"trial 1: {error}" in capfd.readouterr().out  # by the sweep, on its own output


def test_an_interrupted_trial_is_not_delivered(sweep: Sweep) -> None:
    from hydra_tailor import TrialInterrupted

    def stop(config: Any) -> float:
        raise TrialInterrupted("later")

    study = sweep(stop, X, "hydra.sweeper.results_url=memory://later")
    assert "results_url" not in study.trials[0].user_attrs
    assert study.trials[0].state is optuna.trial.TrialState.WAITING


def test_a_wrong_url_ends_it_before_a_study_is_made(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="must be a URL of a file system that fsspec knows"):
        sweep(write, X, "hydra.sweeper.results_url=nope://there")
    assert not (tmp_path / "sweep").exists()
