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
