"""The commands of the contenders, and the sizes of the comparison."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CORES = psutil.cpu_count() or 1


@dataclass(frozen=True)
class Form:
    """The size of the comparison."""

    images: int
    trials: int
    epochs: tuple[int, ...]

    @property
    def budget(self) -> int:
        """Expected epochs of all trials together."""
        return round(self.trials * mean(self.epochs))


FORMS = {
    "full": Form(images=12_000, trials=20, epochs=(3, 6, 12)),
    "quick": Form(images=3_000, trials=6, epochs=(1, 2, 4)),
    "small": Form(images=600, trials=2, epochs=(1, 2)),
}


@dataclass(frozen=True)
class Contender:
    """A way to search.

    Attributes:
        command: returns the command line, given the directory of the images, that of the run, the
            seed and the form.
        parallel: number of trials that run at once.
        files: the files that a user writes.
        packages: those whose versions matter.
    """

    command: Callable[[Path, Path, int, Form], list[str]]
    parallel: int
    files: tuple[str, ...]
    packages: tuple[str, ...]


def python_file(name: str) -> Callable[[Path, Path, int, Form], list[str]]:
    def command(images: Path, out: Path, seed: int, form: Form) -> list[str]:
        epochs = [str(choice) for choice in form.epochs]
        sizes = ["--seed", str(seed), "--trials", str(form.trials), "--epochs", *epochs]
        return [sys.executable, str(HERE / name), str(images), str(out), *sizes]

    return command


def stock(images: Path, out: Path, seed: int, form: Form) -> list[str]:
    return [
        *(sys.executable, str(HERE / "with_stock.py"), "-m"),
        *(f"directory={images}", f"out={out}", f"seed={seed}"),
        *(f"hydra.sweeper.n_trials={form.trials}", f"epochs={choices(form)}"),
    ]


def tailor(images: Path, out: Path, seed: int, form: Form) -> list[str]:
    trained = len(json.loads((images / "split.json").read_text())["train"])
    log = f"{{_target_: log.TailorLog, out: '{out}', images: {trained}}}"
    return [
        *(sys.executable, str(ROOT / "src" / "train.py"), "-m", "study=peers"),
        *(f"seed={seed}", f"data.subset={form.images}", f"training.epochs={choices(form)}"),
        # The default search; its budget is the epochs of the others.
        f"hydra.sweeper.epoch_budget={form.budget}",
        f"+recorders.log={log}",
    ]


def choices(form: Form) -> str:
    return f"choice({','.join(map(str, form.epochs))})"


TORCH = ("torch", "torchvision")
CONTENDERS = {
    "tailor": Contender(tailor, CORES, (), ("optuna", "hydra-core")),
    "stock": Contender(
        stock,
        1,
        ("fashion.py", "with_stock.py", "with_stock.yaml"),
        ("hydra-optuna-sweeper", "hydra-core", "optuna"),
    ),
    "optuna": Contender(
        python_file("with_optuna.py"), 1, ("fashion.py", "with_optuna.py"), ("optuna",)
    ),
    "ray": Contender(
        python_file("with_ray.py"), CORES, ("fashion.py", "with_ray.py"), ("ray", "optuna")
    ),
    "lightning": Contender(
        python_file("with_lightning.py"),
        1,
        ("fashion.py", "with_lightning.py"),
        ("lightning", "optuna-integration", "optuna"),
    ),
    "keras_tuner": Contender(
        python_file("with_keras_tuner.py"), 1, ("with_keras_tuner.py",), ("keras-tuner", "keras")
    ),
}
