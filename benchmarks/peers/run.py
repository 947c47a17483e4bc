"""Run and measure one search by one contender."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fashion
import psutil
import torch
import yaml
from contenders import CONTENDERS, HERE, ROOT, TORCH, Form
from omegaconf import OmegaConf

MARK = "TAILOR_BENCHMARK_RUN"
"""Environment variable that identifies all processes of a run, also outside its tree."""
SAMPLING_SECONDS = 0.5


@dataclass
class Epoch:
    """A line of a contender's log.

    Attributes:
        seconds: since the command was started.
        value: validation accuracy, a fraction.
        images: number of images trained on.
        training: seconds of the training part.
    """

    seconds: float
    value: float
    images: int
    training: float


@dataclass
class Run:
    """One search by one contender.

    Attributes:
        seconds: from the command to the end of the search.
        peak_mib: largest total memory of the processes; shared pages are divided among their
            users.
        test_accuracy: of the network that the contender selects, a fraction.
    """

    contender: str
    seed: int
    seconds: float
    peak_mib: float
    test_accuracy: float
    epochs: list[Epoch]
    versions: dict[str, str]

    @classmethod
    def read(cls, line: str) -> Run:
        fields = json.loads(line)
        return cls(**{**fields, "epochs": [Epoch(**epoch) for epoch in fields["epochs"]]})

    @property
    def best(self) -> float:
        return max(epoch.value for epoch in self.epochs)

    def best_at(self, seconds: float) -> float:
        """Return the best validation accuracy within this time, NaN before the first epoch."""
        values = [epoch.value for epoch in self.epochs if epoch.seconds <= seconds]
        return max(values, default=float("nan"))

    def seconds_to(self, value: float) -> float | None:
        return next((epoch.seconds for epoch in self.epochs if epoch.value >= value), None)

    @property
    def images_per_second(self) -> float:
        return sum(epoch.images for epoch in self.epochs) / self.seconds

    @property
    def outside_training(self) -> float:
        """Seconds without training, averaged over the trials that run at once."""
        training = sum(epoch.training for epoch in self.epochs)
        return self.seconds - training / CONTENDERS[self.contender].parallel


def compete(name: str, images: Path, out: Path, seed: int, form: Form) -> Run:
    out.mkdir()
    contender = CONTENDERS[name]
    mark = uuid.uuid4().hex
    environment = {
        **os.environ,
        MARK: mark,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}{os.pathsep}{HERE}",
        "PYTHONWARNINGS": "ignore",
        "TAILOR_DATA_DIR": str(Path(os.environ.get("TAILOR_DATA_DIR", "data")).absolute()),
        "TAILOR_STORAGE": f"sqlite:///{out.absolute()}/tailor.db",  # not the user's
        "TAILOR_PICTURES": str(out.absolute() / "pictures"),
        "TAILOR_TRUST": "log",
    }
    command = contender.command(images, out, seed, form)
    began, peak = time.time(), 0.0
    with (out / "output.log").open("w") as output:
        process = subprocess.Popen(
            command, cwd=out, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            time.sleep(SAMPLING_SECONDS)
            peak = max(peak, memory_mib(mark))
    seconds = time.time() - began
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{(out / 'output.log').read_text()}")
    lines = [json.loads(line) for line in (out / "log.jsonl").open()]
    ended = next((line["time"] - began for line in lines if line["event"] == "ended"), seconds)
    epochs = [
        Epoch(line["time"] - began, line["value"], line["images"], line["training"])
        for line in lines
        if line["event"] == "epoch"
    ]
    packages = (*TORCH, *contender.packages)
    return Run(
        contender=name,
        seed=seed,
        seconds=ended,
        peak_mib=peak,
        test_accuracy=test_accuracy(name, images, out, lines, environment),
        epochs=sorted(epochs, key=lambda epoch: epoch.seconds),
        versions={package: version(package) for package in packages},
    )


def memory_mib(mark: str) -> float:
    total = 0
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 2**20


def test_accuracy(
    name: str,
    images: Path,
    out: Path,
    lines: Sequence[dict[str, Any]],
    environment: dict[str, str],
) -> float:
    """Return the test accuracy of the winner: from the log, or measured now."""
    if name == "tailor":
        command = [sys.executable, "-m", "analysis", "study=peers"]
        subprocess.run(command, cwd=out, env=environment, check=True, stdout=subprocess.DEVNULL)
        report = json.loads((out / "multirun" / "peers" / "analysis" / "metrics.json").read_text())
        return float(report["test"]["accuracy"])
    if name == "stock":
        best = yaml.safe_load((out / "multirun" / "optimization_results.yaml").read_text())
        for path in out.glob("multirun/*/model.pt"):
            cfg = OmegaConf.load(path.parent / ".hydra" / "config.yaml")
            if all(cfg[key] == value for key, value in best["best_params"].items()):
                model = fashion.Net(cfg.num_layers, cfg.neurons)
                model.load_state_dict(torch.load(path))
                return fashion.accuracy(model, fashion.test_loader(images))
    return next(float(line["test_accuracy"]) for line in lines if line["event"] == "winner")
