"""Measure the cost of a large study: each further trial, memory, disk, and its analysis.

    python benchmarks/large.py [--sizes 0 2000 10000] [--trials 50] [--whole 2000]

The trials run a program that does nothing, in studies that already hold many trials, on SQLite and
on a PostgreSQL server of this benchmark's own (Debian: apt install postgresql). For comparison,
`ask` and `tell` of Optuna's TPE alone are timed on the same storage. `--whole` is the length of a
study that is also run from its first trial to its last. The analysis explains a network that was
really trained, in a study with as many other trials.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
from noop import OURS, REPOSITORY, SPACE, Program, fill, optuna_alone, seconds_of
from rich.console import Console
from rich.table import Table

sys.path[:0] = [str(REPOSITORY)]

from tests.postgres import binaries, running  # noqa: E402

LOCAL = [*OURS, "hydra/launcher=local"]
STARTS = 2
"""Trials that are not timed: a worker's first one includes the start of its process."""


@dataclass(frozen=True)
class Store:
    """A kind of storage for the studies of a benchmark.

    Attributes:
        new: creates an empty database with a given name and returns its URL.
        size: returns the bytes of the database with a given name.
    """

    new: Callable[[str], str]
    size: Callable[[str], int]


@contextmanager
def stores(directory: Path) -> Iterator[dict[str, Store]]:
    """SQLite, and PostgreSQL if it is installed."""
    files = Store(
        new=lambda name: f"sqlite:///{directory / name}.db",
        size=lambda name: (directory / f"{name}.db").stat().st_size,
    )
    if (programs := binaries()) is None:
        print("PostgreSQL is not installed, so only SQLite is measured: apt install postgresql")
        yield {"SQLite": files}
        return
    with running(programs) as server:
        size = "SELECT pg_database_size(current_database())"
        database = Store(new=server.database, size=lambda name: int(server.sql(size, name)))
        yield {"SQLite": files, "PostgreSQL": database}


@dataclass(frozen=True)
class Cost:
    """The cost of a study that holds `held` trials; times are per further trial."""

    storage: str
    held: int
    seconds: float
    optuna_seconds: float
    peak_mib: float
    bytes: int


def growth(sizes: Sequence[int], trials: int) -> Iterator[Cost]:
    """The cost of further trials, in studies of several sizes."""
    with tempfile.TemporaryDirectory() as directory:
        program = Program(Path(directory))
        with stores(program.directory) as known:
            for kind, store in known.items():
                for held in sizes:
                    name = f"{kind.lower()}{held}"
                    url = store.new(name)
                    swept = program.sweep(name, 1, *SPACE, *LOCAL, storage=url)
                    fill(swept.study, held)
                    n_trials = held + STARTS + trials
                    swept = program.sweep(name, n_trials, *SPACE, *LOCAL, storage=url)
                    seconds = seconds_of(swept.study, first=held + STARTS) / trials
                    size = store.size(name)
                    alone = optuna_alone(swept.study)
                    yield Cost(kind, held, seconds, alone, swept.peak_mib, size)


def growth_table(costs: Sequence[Cost]) -> Table:
    table = Table(title="a further trial that does nothing, by the trials that the study holds")
    table.add_column("storage")
    columns = ("trials", "a trial, ms", "Optuna's ask and tell alone, ms", "difference, ms")
    for column in (*columns, "coordinator's peak, MiB", "database, MiB"):
        table.add_column(column, justify="right")
    for cost in costs:
        milliseconds = (cost.seconds, cost.optuna_seconds, cost.seconds - cost.optuna_seconds)
        table.add_row(
            cost.storage,
            f"{cost.held:,}",
            *(f"{1000 * value:.0f}" for value in milliseconds),
            f"{cost.peak_mib:.0f}",
            f"{cost.bytes / 2**20:.1f}",
        )
    return table


def whole(n_trials: int) -> tuple[list[float], float]:
    """Run a study from its first trial to its last on SQLite.

    Returns:
        Seconds per trial in each tenth of the study, and the coordinator's peak in MiB.
    """
    with tempfile.TemporaryDirectory() as directory:
        swept = Program(Path(directory)).sweep("whole", n_trials, *SPACE, *LOCAL)
        ends = [
            trial.datetime_complete.timestamp()
            for trial in swept.study.get_trials(deepcopy=False)
            if trial.datetime_complete
        ]
    tenths = [ends[min(part * n_trials // 10, n_trials - 1)] for part in range(11)]
    each = [
        10 * (after - before) / n_trials for before, after in zip(tenths, tenths[1:], strict=False)
    ]
    return each, swept.peak_mib


def analysis_seconds(size: int) -> float:
    """Seconds of `python -m analysis` on a study of three real trials and `size` others."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.pathsep.join([str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")])
        storage = f"sqlite:///{directory}/tailor.db"

        def run(*command: str) -> float:
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, *command],
                cwd=directory,
                env={
                    **os.environ,
                    "PYTHONPATH": path,
                    "TAILOR_STORAGE": storage,  # not the user's
                    "TAILOR_PICTURES": "pictures",
                },
                stdout=subprocess.DEVNULL,
                check=True,
            )
            return time.perf_counter() - started

        train = str(REPOSITORY / "src" / "train.py")
        run(train, "-m", "study=large", "data=digits", "search=quick", "hydra.sweeper.n_trials=3")
        fill(optuna.load_study(study_name="large", storage=storage), size, (0.1, 0.2, 0.3))
        return run("-m", "analysis", "study=large")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[0, 2_000, 10_000])
    parser.add_argument("--trials", type=int, default=50, help="measured at each size")
    parser.add_argument("--whole", type=int, default=2_000, help="trials that are all run; or 0")
    arguments = parser.parse_args()
    console = Console(width=110)
    console.print(growth_table(list(growth(arguments.sizes, arguments.trials))))
    if arguments.whole:
        each, peak_mib = whole(arguments.whole)
        shown = ", ".join(f"{1000 * seconds:.0f}" for seconds in each)
        console.print(f"{arguments.whole:,} trials run, ms a trial in each tenth: {shown}")
        console.print(f"the coordinator's peak: {peak_mib:.0f} MiB")
    for size in arguments.sizes:
        console.print(f"analysis with {size:,} other trials: {analysis_seconds(size):.0f} s")


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
