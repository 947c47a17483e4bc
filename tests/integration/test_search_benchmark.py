"""The search finds better networks than the stock one, on learning curves that take no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
CURVES = Path(os.environ.get("TAILOR_DATA_DIR", ""), "lcbench")
EPOCHS, TRAININGS = 52, 10
POLICIES = ("tailor", "stock", "random")
TASKS = ("3945", "34539", "7593")
N_SEEDS = 2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CURVES / "model.onnx").exists(),
        reason="the surrogate of LCBench is not there: TAILOR_DATA_DIR/lcbench/model.onnx",
    ),
]


def test_it_is_ahead_of_stock_and_of_random_search(tmp_path: Path) -> None:
    out = tmp_path / "searches.jsonl"
    command = [sys.executable, str(ROOT / "benchmarks" / "search.py"), "--model", str(CURVES)]
    command += ["--tasks", ",".join(TASKS), "--seeds", str(N_SEEDS), "--out", str(out)]
    command += ["--policies", ";".join(POLICIES), "--budget", str(TRAININGS)]
    command += ["--picture", str(tmp_path / "regret.png"), "--bars", str(tmp_path / "bars.png")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, check=True, env=environment, timeout=300, stdout=subprocess.PIPE)
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(found) == len(POLICIES) * len(TASKS) * N_SEEDS
    best = {
        policy: np.mean([one["best"][-1] for one in found if one["policy"] == policy])
        for policy in POLICIES
    }
    assert best["tailor"] > best["stock"] + 1
    assert best["tailor"] > best["random"] + 1
    for one in found:
        assert EPOCHS * TRAININGS - len(one["best"]) <= 3  # less than a first rung is left
    assert (tmp_path / "regret.png").stat().st_size > 10_000
    assert (tmp_path / "bars.png").stat().st_size > 10_000
