"""`python -m analysis` in its own process, on a finished study."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
NAMED_FILES = [
    "metrics.json",
    "per_class.csv",
    "confusion_matrix.csv",
    "predictions.csv",
    *(
        f"{figure}.{ending}"
        for figure in ("confusion_matrix", "f1", "curves")
        for ending in ("html", "png")
    ),
]


def analysis(*arguments, cwd, **environment):
    paths = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "120", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_best_trial_becomes_numbers_tables_and_figures(workplace):
    done = analysis(cwd=workplace)
    assert done.returncode == 0, done.stderr
    out = workplace / "multirun" / "digits-cnn" / "analysis"
    assert {name for name in NAMED_FILES if not (out / name).exists()} == set()
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["test"]["images"] == 360
    with (out / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    right = sum(row["target"] == row["predicted"] for row in rows)
    assert right / len(rows) == pytest.approx(metrics["test"]["accuracy"])
    assert "most recently started" in done.stdout
    assert "lowest F1" in done.stdout
    assert not (workplace / "outputs").exists()  # Hydra writes no files of its own
    assert not (workplace / ".hydra").exists()


def test_a_misspelt_key_is_named(workplace):
    done = analysis("tral=3", cwd=workplace)
    assert done.returncode != 0
    assert "tral" in done.stderr
    assert "Traceback" not in done.stderr
