"""Run the quick form of every benchmark, in about eight minutes, and print one table of figures.

    python benchmarks [--only sweeper,large] [--small]

Each figure comes from the program of the same name, which measures more, and more exactly. The
table also lists what cannot be measured here, with the reason.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import optuna
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("TAILOR_DATA_DIR", "data")).absolute()
sys.path[:0] = [str(HERE.parent)]

from tests.postgres import binaries  # noqa: E402


class Missing(Exception):
    """A requirement of a benchmark is missing; the message says how to get it."""


Figures = Iterator[tuple[str, str]]
"""Measured quantities, each with its value and unit. If `small` is true, a benchmark below runs
each step just once, so that the figures mean nothing."""


def training(small: bool) -> Figures:
    need_images()
    import training

    rates = training.speeds(1)
    own = median(rates["tailor, as configured"])
    ratio = own / training.usual_speed(rates)
    yield "images/s of model=cnn", f"{own:,.0f}, {ratio:.1f} times the usual loop"
    for amp in ("off",) if small else ("off", "bf16"):
        share = median(training.shares(training.efficiency(amp, 1)))
        yield f"model=resnet with amp={amp}", f"{share:.0f} % of the matrix product"


def sweeper(small: bool) -> Figures:
    import noop
    import sweeper

    n_trials, blocks, lengths = (4, 1, [1, 2]) if small else (40, 2, sweeper.LENGTHS)
    with tempfile.TemporaryDirectory() as directory:
        program = noop.Program(Path(directory))
        costs = sweeper.costs_of_nothing(program, n_trials, blocks)
        found = sweeper.schedule(program, lengths)
    stock, *_, own = (1000 * median(values) for values in costs.values())
    yield "a trial that does nothing", f"{own:.0f} ms, stock sweeper {stock:.0f} ms"
    ratio = found.taken / found.best
    yield "sleeping trials on two workers", f"{ratio:.2f} of the best schedule's time"


def search(small: bool) -> Figures:
    if not (model := DATA / "lcbench").exists():
        raise Missing(f"LCBench's surrogate is not in {model}: set TAILOR_DATA_DIR")
    if importlib.util.find_spec("onnxruntime") is None:
        raise Missing("pip install onnxruntime")
    import search

    surrogate = search.Surrogate(model)
    n_tasks, n_seeds, budget = (1, 1, search.EPOCHS) if small else (4, 2, 20 * search.EPOCHS)
    tasks = list(surrogate.tasks)[:n_tasks]
    searches = [
        search.Search(model, task, policy, seed, 1, budget)
        for policy in ("stock", "tailor")
        for task in tasks
        for seed in range(n_seeds)
    ]
    found = search.search_all(searches, processes=os.cpu_count() or 1, out=None)
    optima = search.best_known(surrogate, tasks, found)
    for share in (0.25, 1.0):
        regrets = {
            policy: [
                search.regret(one, optima[one["task"]], budget)[int(share * budget) - 1]
                for one in found
                if one["policy"] == policy
            ]
            for policy in ("stock", "tailor")
        }
        stock, own = (sum(values) / len(values) for values in regrets.values())
        yield f"points missing after {share:.0%} of the epochs", f"{own:.1f}, stock {stock:.1f}"


def large(small: bool) -> Figures:
    import large

    sizes, trials = ([0, 20], 2) if small else ([0, 2_000], 20)
    for cost in large.growth(sizes, trials):
        own, alone = 1000 * cost.seconds, 1000 * cost.optuna_seconds
        yield (
            f"a further trial, {cost.storage} with {cost.held:,}",
            f"{own:.0f} ms, Optuna's own part {alone:.0f} ms; {cost.peak_mib:.0f} MiB",
        )


def scale(small: bool) -> Figures:
    if (programs := binaries()) is None:
        raise Missing("PostgreSQL is not installed: apt install postgresql")
    import scale

    counts, seconds, rounds = ([1, 2], 0.5, 3) if small else ([1, 4], 2.0, 5)
    with scale.bench(programs) as (program, server):
        one, many = scale.throughput(program, server, counts, seconds, rounds)
    linear = many.rate / one.rate * one.workers / many.workers
    yield f"{many.workers} workers on one PostgreSQL", f"{linear:.0%} of linear"


def dashboard(small: bool) -> Figures:
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        raise Missing("Chromium is not installed: make setup-browser")
    import dashboard

    trials = 20 if small else 500
    found = dashboard.measure(trials)
    yield f"dashboard's first page, {trials} trials", f"{median(found.first_page):.1f} s"
    yield f"page of the study, {trials} trials", f"{median(found.study_page):.1f} s"


def peers(small: bool) -> Figures:
    need_images()
    if importlib.util.find_spec("ray") is None:
        raise Missing("pip install -e '.[peers]'")
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "runs.jsonl"
        size = "small" if small else "quick"
        command = [sys.executable, str(HERE / "peers"), "--form", size, "--seeds", "1"]
        command += ["--out", str(out)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        runs = [json.loads(line) for line in out.read_text().splitlines()]
    for run in runs:
        best = max(epoch["value"] for epoch in run["epochs"])
        yield f"a small search by {run['contender']}", f"{run['seconds']:.0f} s, {best:.1%}"


def frontier(small: bool) -> Figures:
    need_images()
    import frontier

    overrides = ["data=digits", "training.epochs=1"] if small else []
    with tempfile.TemporaryDirectory() as directory:
        run = frontier.train("fashion93", 0, Path(directory), overrides)
    [timed] = frontier.timed([run], [run.recipe]).values()
    yield "experiment=fashion93", f"{run.test_accuracy:.1%} on test, {timed.seconds:.0f} s"


def need_images() -> None:
    directory = DATA / "FashionMNIST" / "raw"
    if not directory.exists():
        raise Missing(f"Fashion-MNIST is not in {directory}: set TAILOR_DATA_DIR")


BENCHMARKS: dict[str, Callable[[bool], Figures]] = {
    one.__name__: one
    for one in (training, frontier, sweeper, search, large, scale, dashboard, peers)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="separated by commas")
    parser.add_argument("--small", action="store_true", help="the figures mean nothing")
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    if unknown := sorted(set(only) - set(BENCHMARKS)):
        parser.error(f"--only must be of {', '.join(BENCHMARKS)}; got {', '.join(unknown)}.")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    table = Table(title="every benchmark in its quick form, once")
    for column in ("benchmark", "measured", "found"):
        table.add_column(column)
    console, progress = Console(width=110), Console(stderr=True)
    try:
        for name in only:
            progress.print(f"{name} ...", style="dim")
            try:
                for figure, value in BENCHMARKS[name](arguments.small):
                    table.add_row(name, figure, value)
            except Missing as reason:
                table.add_row(name, "not measured", str(reason))
            table.add_section()
    finally:  # print the earlier measurements even after an error
        console.print(table)


if __name__ == "__main__":
    main()
