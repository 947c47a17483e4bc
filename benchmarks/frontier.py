"""Test accuracy against training time: the recipes for Fashion-MNIST, each with several seeds.

    python benchmarks/frontier.py [--recipes fashion93,fashion94] [--seeds 3] [--runs DIR]
        [--finished] [--picture F.png] [OVERRIDE ...]

A run is `python src/train.py experiment=RECIPE seed=S`, in `DIR/RECIPE-S`. A finished run is not
repeated and an interrupted one goes on, so the long recipes can be trained at several times, and
`--finished` shows what there is; all runs of a directory should be of one machine. A run's time is
its number of epochs by the median epoch's seconds, so that what disturbs a few epochs does not
count. Words that follow are overrides of every run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import mean, median, stdev

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter
from rich import box
from rich.console import Console
from rich.table import Table

from hydra_tailor.files import read_json
from tailor.history import read_history
from tailor.names import METRICS_FILE, RESULT_FILE

ROOT = Path(__file__).resolve().parents[1]
DEFAULTS = "defaults"
RECIPES = (
    *(DEFAULTS, "fashion90", "fashion93", "fashion94", "fashion945"),
    *("fashion95_short", "fashion95"),
)
PUBLISHED = {"ResNet18": 94.9, "DenseNet-BC": 95.4, "WRN-28-10, erasing": 96.3, "WRN-40-4": 96.7}
"""Test accuracies in percent, from the table of github.com/zalandoresearch/fashion-mnist."""

TICKS = (10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200)
"""Seconds that the picture's axis names."""


@dataclass(frozen=True)
class Run:
    """A finished training; accuracies are fractions."""

    epochs: int
    parameters: int
    val_accuracy: float
    test_accuracy: float
    seconds: float


def directory_of(recipe: str, seed: int, runs: Path) -> Path:
    return runs / f"{recipe}-{seed}"


def is_finished(directory: Path) -> bool:
    file = directory / RESULT_FILE
    return file.exists() and bool(read_json(file)["test"])


def train(recipe: str, seed: int, runs: Path, overrides: Sequence[str] = ()) -> Run:
    """Train a recipe, or read the run that is finished already."""
    directory = directory_of(recipe, seed, runs)
    if not is_finished(directory):
        chosen = [] if recipe == DEFAULTS else [f"experiment={recipe}"]
        command = [sys.executable, "src/train.py", *chosen, f"seed={seed}", *overrides]
        command.append(f"hydra.run.dir={directory.absolute()}")
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    result = read_json(directory / RESULT_FILE)
    history = read_history(directory / METRICS_FILE)
    return Run(
        epochs=len(history),
        parameters=result["parameters"],
        val_accuracy=result["val_accuracy"],
        test_accuracy=result["test"]["accuracy"],
        seconds=len(history) * median(epoch["seconds"] for epoch in history),
    )


def table(found: dict[str, list[Run]]) -> Table:
    """Return one row per recipe: means over the seeds, each seed's test accuracy."""
    result = Table(box=box.MARKDOWN)
    for column in ("recipe", "epochs", "parameters", "validation, %", "test, %", "each seed"):
        result.add_column(column, justify="left" if column == "recipe" else "right")
    result.add_column("seconds", justify="right")
    for recipe, runs in found.items():
        tests = [100 * run.test_accuracy for run in runs]
        deviation = f" +- {stdev(tests):.2f}" if len(tests) > 1 else ""
        result.add_row(
            recipe,
            str(runs[0].epochs),
            f"{runs[0].parameters:,}",
            f"{100 * mean(run.val_accuracy for run in runs):.2f}",
            f"{mean(tests):.2f}{deviation}",
            ", ".join(f"{test:.2f}" for test in tests),
            f"{mean(run.seconds for run in runs):,.0f}",
        )
    return result


def draw(found: dict[str, list[Run]], path: Path) -> None:
    """Draw each run over its seconds, and published results.

    A line joins the means of the recipes that no faster one surpasses.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    middles = sorted(
        (mean(run.seconds for run in runs), 100 * mean(run.test_accuracy for run in runs), recipe)
        for recipe, runs in found.items()
    )
    best = accumulate((accuracy for _, accuracy, _ in middles), max)
    front = [(x, y) for (x, y, _), most in zip(middles, best, strict=True) if y == most]
    axes.plot(*zip(*front, strict=True), color="C0", linewidth=1.2)
    for runs in found.values():
        points = [(run.seconds, 100 * run.test_accuracy) for run in runs]
        axes.plot(*zip(*points, strict=True), "o", color="C0", markersize=4)
    for x, y, name in middles:
        axes.annotate(name, (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8)
    for name, accuracy in PUBLISHED.items():
        axes.axhline(accuracy, color="0.6", linewidth=0.8, linestyle="--")
        axes.annotate(
            f"{name}, {accuracy} (published)",
            (0, accuracy),
            xycoords=("axes fraction", "data"),
            xytext=(4, 2),
            textcoords="offset points",
            fontsize=7,
            color="0.4",
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("seconds of training")
    axes.set_ylabel("test accuracy, %")
    axes.grid(alpha=0.3, which="both")
    axes.margins(x=0.12)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--recipes", default=",".join(RECIPES), help="separated by commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=Path("multirun/frontier"))
    parser.add_argument("--finished", action="store_true", help="train nothing")
    parser.add_argument("--picture", type=Path, help="of accuracy over seconds")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE")
    arguments = parser.parse_args()
    recipes = arguments.recipes.split(",")
    if unknown := sorted(set(recipes) - set(RECIPES)):
        parser.error(f"--recipes must be of {', '.join(RECIPES)}; got {', '.join(unknown)}.")
    found: dict[str, list[Run]] = {recipe: [] for recipe in recipes}
    progress = Console(stderr=True)
    for seed in range(arguments.seeds):  # one of each first
        for recipe in recipes:
            if arguments.finished and not is_finished(directory_of(recipe, seed, arguments.runs)):
                continue
            run = train(recipe, seed, arguments.runs, arguments.overrides)
            found[recipe].append(run)
            progress.print(f"{recipe} seed {seed}: {run.test_accuracy:.2%}, {run.seconds:,.0f} s")
    found = {recipe: runs for recipe, runs in found.items() if runs}
    if not found:
        parser.error(f"--finished: no run in {arguments.runs.absolute()} is finished.")
    Console(width=200).print(table(found))
    if arguments.picture:
        draw(found, arguments.picture)


if __name__ == "__main__":
    main()
