"""SLURM: the launcher's config for this project's program, and the job array's script."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import optuna
import pytest
from omegaconf import OmegaConf

pytestmark = pytest.mark.slow

SMALL = ["data=digits", "search=quick", "study=s", "training.epochs=1", "model.neurons=4"]


def environment(root: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root / "src"), **variables}


def test_the_launcher_composes(root: Path, tmp_path: Path) -> None:
    """What docs/scaling.md types, as SLURM would be asked."""
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher.config")
    done = subprocess.run(
        [
            *(sys.executable, str(root / "src" / "train.py"), "--cfg", "hydra", *SMALL),
            "hydra/launcher=submitit_slurm",
            "hydra.launcher.partition=gpu",
            "hydra.launcher.gpus_per_node=1",
            "hydra.launcher.cpus_per_task=4",
            "hydra.launcher.timeout_min=240",
            "hydra.launcher.max_num_timeout=20",
            "hydra.sweeper.n_jobs=16",
        ],
        cwd=tmp_path,
        env=environment(root),
        capture_output=True,
        text=True,
        check=True,
    )
    launcher = OmegaConf.create(done.stdout).hydra.launcher
    assert launcher._target_.endswith("SlurmLauncher")
    assert (launcher.partition, launcher.gpus_per_node, launcher.timeout_min) == ("gpu", 1, 240)
    assert launcher.max_num_timeout == 20  # a trial goes on from its last epoch each time


def test_submitit_runs_a_search_of_this_program(root: Path, tmp_path: Path) -> None:
    """Submitit's executor for one machine takes the way of the one for SLURM."""
    pytest.importorskip("submitit")
    subprocess.run(
        [
            *(sys.executable, str(root / "src" / "train.py"), "-m", *SMALL),
            "hydra/launcher=submitit_local",
            "hydra.sweeper.n_jobs=2",
            "hydra.sweeper.n_trials=2",
        ],
        cwd=tmp_path,
        env=environment(root),
        check=True,
    )
    study = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path}/multirun/tailor.db")
    assert len(study.trials) == 2
    for trial in study.trials:
        assert trial.state.is_finished()
        assert (tmp_path / "multirun" / "s" / str(trial.number) / "best.pt").exists()


def test_elements_of_an_array_share_one_budget(root: Path, tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(root / "src")
    (tmp_path / "conf").symlink_to(root / "conf")
    variables = environment(
        root,
        SLURM_SUBMIT_DIR=str(tmp_path),
        TAILOR_STORAGE=f"sqlite:///{tmp_path}/study.db",
        PYTHON=sys.executable,
    )
    script = str(root / "scripts" / "slurm_array.sh")
    elements = [
        subprocess.Popen(
            ["bash", script, *SMALL, "hydra.sweeper.n_trials=2", "hydra.sweeper.n_jobs=1"],
            env=variables,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert [element.wait(120) for element in elements] == [0, 0]
    trials = optuna.load_study(study_name="s", storage=variables["TAILOR_STORAGE"]).trials
    finished = [trial for trial in trials if trial.state.is_finished()]
    assert len(finished) == 2
    assert len(Counter(trial.user_attrs["owner"] for trial in finished)) <= 2


@pytest.mark.parametrize(
    ("missing", "message"),
    [("SLURM_SUBMIT_DIR", "with sbatch"), ("TAILOR_STORAGE", "every node reaches")],
)
def test_the_script_says_what_is_missing(
    root: Path, tmp_path: Path, missing: str, message: str
) -> None:
    variables = {"SLURM_SUBMIT_DIR": str(tmp_path), "TAILOR_STORAGE": "x"}
    del variables[missing]
    path = {"PATH": os.environ["PATH"]}
    script = str(root / "scripts" / "slurm_array.sh")
    done = subprocess.run(
        ["bash", script], env={**path, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert message in done.stderr
