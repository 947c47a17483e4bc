"""Test accuracy against training time: the recipes for Fashion-MNIST, each with several seeds.

    python benchmarks/frontier.py [--recipes fashion93,fashion94] [--seeds 3] [--record F.csv]
        [--untimed] [--runs DIR] [--finished] [--picture F.png] [OVERRIDE ...]

A run is `python src/train.py experiment=RECIPE seed=S`, in `DIR/RECIPE-S`; an interrupted one goes
on. Each finished run becomes a line of the record, and a run in the record is not repeated: the
long recipes can be trained at several times and on several machines. All seconds in a record must
be of one machine, so `--untimed` leaves those of the new runs out; a recipe's time is its number
of epochs by the median epoch of its network's runs. `--finished` trains nothing. Words that follow
are overrides of every run; such runs need a record of their own.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import accumulate, product
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
RECORD = Path(__file__).with_suffix(".csv")
PUBLISHED = {"ResNet18": 94.9, "DenseNet-BC": 95.4, "WRN-28-10, erasing": 96.3, "WRN-40-4": 96.7}
"""Test accuracies in percent, from the table of github.com/zalandoresearch/fashion-mnist."""

TICKS = (10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200)
"""Seconds that the picture's axis names."""


@dataclass(frozen=True)
class Run:
    """A finished training, a line of the record.

    Attributes:
        test_accuracy: a fraction.
        epoch_seconds: the median epoch; None of a machine other than the record's.
    """

    recipe: str
    seed: int
    epochs: int
    parameters: int
    test_accuracy: float
    epoch_seconds: float | None


@dataclass(frozen=True)
class Recipe:
    """The finished runs of a recipe, and its seconds of training on the record's machine."""

    runs: list[Run]
    seconds: float


def train(
    recipe: str, seed: int, runs: Path, overrides: Sequence[str] = (), *, timed: bool = True
) -> Run:
    """Train a recipe, or read the run that is finished already."""
    directory = runs / f"{recipe}-{seed}"
    result = directory / RESULT_FILE
    if not (result.exists() and read_json(result)["test"]):
        chosen = [] if recipe == DEFAULTS else [f"experiment={recipe}"]
        command = [sys.executable, "src/train.py", *chosen, f"seed={seed}", *overrides]
        command.append(f"hydra.run.dir={directory.absolute()}")
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    found = read_json(result)
    history = read_history(directory / METRICS_FILE)
    return Run(
        recipe=recipe,
        seed=seed,
        epochs=len(history),
        parameters=found["parameters"],
        test_accuracy=found["test"]["accuracy"],
        epoch_seconds=round(median(row["seconds"] for row in history), 2) if timed else None,
    )


def read_record(path: Path) -> list[Run]:
    """Return the runs in a record; none if there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Run(
                recipe=line["recipe"],
                seed=int(line["seed"]),
                epochs=int(line["epochs"]),
                parameters=int(line["parameters"]),
                test_accuracy=float(line["test_accuracy"]),
                epoch_seconds=float(line["epoch_seconds"]) if line["epoch_seconds"] else None,
            )
            for line in csv.DictReader(file)
        ]


def write_record(path: Path, runs: Iterable[Run]) -> None:
    """Write the runs, one per line, ordered by recipe and seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Run)], lineterminator="\n")
        writer.writeheader()
        ordered = sorted(runs, key=lambda run: (RECIPES.index(run.recipe), run.seed))
        writer.writerows(asdict(run) for run in ordered)


def timed(runs: Iterable[Run], recipes: Iterable[str]) -> dict[str, Recipe]:
    """Group runs by recipe; one without runs, or whose network was never timed, is left out."""
    epochs: defaultdict[int, list[float]] = defaultdict(list)
    grouped: dict[str, list[Run]] = {recipe: [] for recipe in recipes}
    for run in runs:
        if run.epoch_seconds is not None:
            epochs[run.parameters].append(run.epoch_seconds)
        if run.recipe in grouped:
            grouped[run.recipe].append(run)
    return {
        recipe: Recipe(same, same[0].epochs * median(epochs[same[0].parameters]))
        for recipe, same in grouped.items()
        if same and epochs[same[0].parameters]
    }


def table(found: Mapping[str, Recipe]) -> Table:
    """Return one row per recipe: the mean over the seeds, each seed's test accuracy."""
    result = Table(box=box.MARKDOWN)
    for column in ("recipe", "epochs", "parameters", "test, %", "each seed", "seconds"):
        result.add_column(column, justify="left" if column == "recipe" else "right")
    for name, recipe in found.items():
        tests = [100 * run.test_accuracy for run in recipe.runs]
        deviation = f" +- {stdev(tests):.2f}" if len(tests) > 1 else ""
        result.add_row(
            name,
            str(recipe.runs[0].epochs),
            f"{recipe.runs[0].parameters:,}",
            f"{mean(tests):.2f}{deviation}",
            ", ".join(f"{test:.2f}" for test in tests),
            f"{recipe.seconds:,.0f}",
        )
    return result


def draw(found: Mapping[str, Recipe], path: Path) -> None:
    """Draw each run over its seconds, and published results.

    A line joins the means of the recipes that no faster one surpasses.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    middles = sorted(
        (recipe.seconds, 100 * mean(run.test_accuracy for run in recipe.runs), name)
        for name, recipe in found.items()
    )
    best = accumulate((accuracy for _, accuracy, _ in middles), max)
    front = [(x, y) for (x, y, _), most in zip(middles, best, strict=True) if y == most]
    axes.plot(*zip(*front, strict=True), color="C0", linewidth=1.2)
    for recipe in found.values():
        points = [(recipe.seconds, 100 * run.test_accuracy) for run in recipe.runs]
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
    parser.add_argument("--record", type=Path, default=RECORD, help="of finished runs")
    parser.add_argument("--untimed", action="store_true", help="record no seconds")
    parser.add_argument("--runs", type=Path, default=Path("multirun/frontier"))
    parser.add_argument("--finished", action="store_true", help="train nothing")
    parser.add_argument("--picture", type=Path, help="of accuracy over seconds")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE")
    arguments = parser.parse_args()
    recipes = arguments.recipes.split(",")
    if unknown := sorted(set(recipes) - set(RECIPES)):
        parser.error(f"--recipes must be of {', '.join(RECIPES)}; got {', '.join(unknown)}.")
    if arguments.overrides and arguments.record == RECORD:
        parser.error("runs with overrides need a record of their own: add --record FILE.csv.")
    record = {(run.recipe, run.seed): run for run in read_record(arguments.record)}
    progress = Console(stderr=True)
    for seed, recipe in product(range(arguments.seeds), recipes):  # one of each first
        if arguments.finished or (recipe, seed) in record:
            continue
        run = train(recipe, seed, arguments.runs, arguments.overrides, timed=not arguments.untimed)
        record[recipe, seed] = run
        write_record(arguments.record, record.values())
        progress.print(f"{recipe} seed {seed}: {run.test_accuracy:.2%}")
    found = timed(record.values(), recipes)
    if not found:
        parser.error(f"{arguments.record} has no finished and timed run of these recipes.")
    Console(width=200).print(table(found))
    if arguments.picture:
        draw(found, arguments.picture)


if __name__ == "__main__":
    main()
