"""The same config and seed give the same numbers: again, in a sweep, next to other workers."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from tailor import names

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TIMES = (names.SECONDS, names.IMAGES_PER_SECOND)
RUN = (
    "data=digits",
    "model.neurons=8",
    "training.epochs=2",
    "training.threads=1",
    "training.device=cpu",
    "augment=[erase,mixup]",
    "model.dropout=0.1",
)


def start(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    directory.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, str(ROOT / "src" / "train.py"), *RUN, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output


def numbers(directory: Path) -> tuple[list[dict[str, str]], dict[str, torch.Tensor]]:
    """The rows of a run without their times, and its best weights."""
    with (directory / names.METRICS_FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for column in TIMES:
            del row[column]
    return rows, torch.load(directory / names.BEST_FILE, weights_only=True)


def by_length(directory: Path) -> dict[int, Path]:
    """The run directories of a search, by their number of epochs."""
    runs = (directory / "multirun" / "s" / str(number) for number in range(3))
    return {len(numbers(run)[0]): run for run in runs}


def seconds(directory: Path) -> list[str]:
    with (directory / names.METRICS_FILE).open(newline="") as file:
        return [row[names.SECONDS] for row in csv.DictReader(file)]


def assert_same_bits(first: Path, second: Path) -> None:
    (rows, weights), (other_rows, other_weights) = numbers(first), numbers(second)
    assert rows == other_rows
    assert weights.keys() == other_weights.keys()
    assert all(torch.equal(weights[key], other_weights[key]) for key in weights)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single run of seed 1, with no other process running."""
    directory = tmp_path_factory.mktemp("alone")
    ended(start(directory, "seed=1", "hydra.run.dir=run"))
    return directory / "run"


def test_twice_the_same(alone: Path, tmp_path: Path) -> None:
    ended(start(tmp_path, "seed=1", "hydra.run.dir=run"))
    assert_same_bits(tmp_path / "run", alone)


def test_a_layer_that_is_made_from_the_images(tmp_path: Path) -> None:
    network = ("model=resnet", "model.stem=whitened", "model.num_layers=2", "seed=1")
    for name in ("first", "second"):
        ended(start(tmp_path, *network, f"hydra.run.dir={name}"))
    assert_same_bits(tmp_path / "first", tmp_path / "second")


def test_another_seed_gives_other_numbers(alone: Path, tmp_path: Path) -> None:
    ended(start(tmp_path, "seed=2", "hydra.run.dir=run"))
    assert numbers(tmp_path / "run")[0] != numbers(alone)[0]


def test_in_a_sweep_and_alone(tmp_path: Path) -> None:
    """The second trial of a search, then a single run with its overrides."""
    sweep = ("search=quick", "hydra.sweeper.n_trials=2", "hydra.sweep.dir=sweep", "seed=1")
    ended(start(tmp_path, "-m", *sweep, "hydra.sweeper.storage=sqlite:///study.db"))
    trial = tmp_path / "sweep" / "1"
    overrides = OmegaConf.load(trial / names.HYDRA_DIR / "overrides.yaml")
    ended(start(tmp_path, *map(str, overrides), "hydra.run.dir=run"))
    assert_same_bits(tmp_path / "run", trial)


def test_beside_other_workers(alone: Path, tmp_path: Path) -> None:
    workers = [start(tmp_path / str(n), "seed=1", "hydra.run.dir=run") for n in range(3)]
    for worker in workers:
        ended(worker)
    for n in range(3):
        assert_same_bits(tmp_path / str(n) / "run", alone)


@pytest.mark.parametrize("epoch", [1, 2])
def test_killed_in_an_epoch_and_started_again(alone: Path, tmp_path: Path, epoch: int) -> None:
    """A real SIGKILL, at whatever instruction the process has reached after `epoch` began."""
    process = start(tmp_path, "seed=1", "hydra.run.dir=run")
    assert process.stdout is not None
    if epoch > 1:
        for line in process.stdout:
            if line.startswith(f"epoch {epoch - 1}/"):
                break
    else:
        while not (tmp_path / "run" / names.HYDRA_DIR).exists() and process.poll() is None:
            time.sleep(0.01)
    process.kill()
    process.communicate()
    ended(start(tmp_path, "seed=1", "hydra.run.dir=run"))
    assert_same_bits(tmp_path / "run", alone)


def test_a_longer_run_that_continues_a_shorter_one(tmp_path: Path) -> None:
    grid = ["-m", "~search", "scheduler=constant", "training.epochs=choice(1,2,4)", "study=s"]
    grid += ["hydra/sweeper/sampler=grid", "hydra.sweeper.n_jobs=1", "training.ema=0.9"]
    ended(start(tmp_path / "continued", *grid))
    ended(start(tmp_path / "anew", *grid, "hydra.sweeper.length_parameter=null"))
    continued, anew = by_length(tmp_path / "continued"), by_length(tmp_path / "anew")
    assert sorted(continued) == sorted(anew) == [1, 2, 4]
    for epochs, directory in continued.items():
        assert_same_bits(directory, anew[epochs])
    # The seconds of its first two epochs show whether the longest run trained them again.
    assert seconds(continued[4])[:2] == seconds(continued[2])
    assert seconds(anew[4])[:2] != seconds(anew[2])
