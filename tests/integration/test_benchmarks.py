"""Every benchmark runs, in its smallest form; no figure of it is looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import binaries

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TAILOR_DATA_DIR", "data"))
NO_IMAGES = None if (DATA / "FashionMNIST").exists() else f"Fashion-MNIST is not in {DATA}"
MISSING = {
    "training": NO_IMAGES,
    "frontier": NO_IMAGES,
    "sweeper": None,
    "search": None if (DATA / "lcbench").exists() else f"LCBench's surrogate is not in {DATA}",
    "large": None if binaries() else "PostgreSQL is not installed",
    "scale": None if binaries() else "PostgreSQL is not installed",
    "dashboard": None if shutil.which("chromedriver") else "Chromium is not installed",
}  # peers: test_peers_benchmark.py

pytestmark = [pytest.mark.slow, pytest.mark.real_data]


def bench(*arguments: str, data: Path = DATA) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks", *arguments],
        cwd=ROOT,
        env={**os.environ, "TAILOR_DATA_DIR": str(data), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


@pytest.fixture(scope="module")
def table() -> str:
    """What one run of all benchmarks prints, in one process as `make bench` runs them."""
    done = bench("--small", "--only", ",".join(name for name in MISSING if not MISSING[name]))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", MISSING)
def test_it_measures(name: str, table: str) -> None:
    if MISSING[name]:
        pytest.skip(MISSING[name])
    assert f"│ {name} " in table
    assert "not measured" not in table


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    done = bench("--small", "--only", "training,search,peers", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("not measured") == 3
    assert done.stdout.count("TAILOR_DATA_DIR") == 3


def test_an_unknown_name_is_refused() -> None:
    done = bench("--only", "swepeer")
    assert done.returncode == 2
    assert "--only must be of training, frontier" in done.stderr
    assert "got swepeer" in done.stderr


def test_the_record_of_finished_runs_becomes_a_table_and_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "frontier.png"
    done = frontier("--finished", "--picture", str(picture))
    assert done.returncode == 0, done.stderr
    assert "fashion94 " in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_untimed_run_takes_as_long_as_others_of_its_network(tmp_path: Path) -> None:
    record = tmp_path / "record.csv"
    record.write_text(
        "recipe,seed,epochs,parameters,test_accuracy,epoch_seconds\n"
        "fashion94,0,4,100,0.94,30.0\n"
        "fashion945,0,10,100,0.95,\n"
        "fashion95,0,48,200,0.96,\n"
    )
    done = frontier("--finished", "--record", str(record))
    assert [
        line.split("|")[-2].strip() for line in done.stdout.splitlines() if "fash" in line
    ] == [
        "120",
        "300",
    ]


def test_runs_with_overrides_are_kept_out_of_the_record() -> None:
    done = frontier("training.epochs=1")
    assert done.returncode == 2
    assert "add --record FILE.csv" in done.stderr


def frontier(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/frontier.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
