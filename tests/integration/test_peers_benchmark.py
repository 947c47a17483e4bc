"""The comparison with other tools runs: every contender searches, and is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = Path(os.environ.get("TAILOR_DATA_DIR", "data"), "FashionMNIST", "raw")
CONTENDERS = ("tailor", "stock", "optuna", "ray", "lightning", "keras_tuner")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_data,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not IMAGES.exists(), reason=f"Fashion-MNIST is not in {IMAGES}"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("peers")
    command = [sys.executable, str(ROOT / "benchmarks" / "peers"), "--form", "small"]
    command += ["--seeds", "1"]
    command += ["--out", str(directory / "runs.jsonl"), "--picture", str(directory / "peers.png")]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, env=environment, timeout=800, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (directory / "table.txt").write_text(done.stdout)
    return directory


def test_every_contender_searches_and_is_measured(out: Path) -> None:
    runs = [json.loads(line) for line in (out / "runs.jsonl").read_text().splitlines()]
    assert [run["contender"] for run in runs] == list(CONTENDERS)
    for run in runs:
        seconds = [epoch["seconds"] for epoch in run["epochs"]]
        assert 2 <= len(seconds) <= 4  # two trials of one or two epochs
        assert seconds == sorted(seconds)
        assert seconds[-1] < run["seconds"]
        assert all(0 < epoch["training"] < run["seconds"] for epoch in run["epochs"])
        assert {epoch["images"] for epoch in run["epochs"]} == {
            480
        }  # 600 less the fifth that ranks
        assert 0.05 < run["test_accuracy"] < 0.9  # ten classes
        assert run["peak_mib"] > 200  # torch alone


def test_the_table_has_a_row_for_each(out: Path) -> None:
    rows = (out / "table.txt").read_text().splitlines()
    for name in CONTENDERS:
        assert any(row.startswith(f"| {name} ") for row in rows)
    assert (out / "peers.png").stat().st_size > 10_000


def test_the_network_of_the_peers_is_the_default_one() -> None:
    script = (
        "import fashion\n"
        "from hydra import compose, initialize_config_dir\n"
        "from tailor import config\n"
        "from tailor.models import build_model\n"
        "config.register()\n"
        f"with initialize_config_dir({str(ROOT / 'conf')!r}):\n"
        "    for layers, neurons in ((2, 8), (3, 32), (5, 16)):\n"
        "        sizes = [f'model.num_layers={layers}', f'model.neurons={neurons}']\n"
        "        cfg = config.run_config(compose('train', sizes))\n"
        "        own = build_model(cfg.model, in_shape=(1, 28, 28), num_classes=10, seed=0)\n"
        "        peer = fashion.Net(layers, neurons)\n"
        "        shapes = [[p.shape for p in net.parameters()] for net in (own, peer)]\n"
        "        assert shapes[0] == shapes[1], (layers, neurons)\n"
    )
    path = os.pathsep.join(map(str, (ROOT / "src", ROOT, ROOT / "benchmarks" / "peers")))
    environment = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
