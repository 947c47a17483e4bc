"""Measure the overhead of a trial, here and with Hydra's stock Optuna sweeper.

    python benchmarks/sweeper.py [--trials 200] [--blocks 4]

The first measurement is the time per trial that does nothing; both sweepers take turns. The second
is the time of eight sleeping trials of uneven length on two workers, compared with the best
schedule for their order of arrival. Times come from the trials' own time stamps, without the start
and the end of the process; the start of the workers has a column of its own.
"""

from __future__ import annotations

import argparse
import heapq
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import optuna
from noop import OURS, SPACE, Program, seconds_of
from rich.console import Console
from rich.table import Table

STOCK = ["hydra/sweeper=optuna", "hydra/launcher=basic", "hydra.sweeper.n_jobs=1"]
SWEEPERS = {
    "stock, basic launcher": STOCK,
    "tailor, basic launcher": [*OURS, "hydra/launcher=basic"],
    "tailor, local launcher": [*OURS, "hydra/launcher=local"],
    "tailor, as it comes": ["hydra/sweeper=tailor", "hydra/launcher=local"],
}
LENGTHS = [3, 1, 8, 2, 5, 4, 7, 6]  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=200, help="of each sweeper")
    parser.add_argument("--blocks", type=int, default=4, help="turns the sweepers take")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        program = Program(Path(directory))
        console = Console(width=110)
        costs = costs_of_nothing(program, arguments.trials, arguments.blocks)
        console.print(costs_table(costs, arguments.trials, arguments.blocks))
        console.print(schedule_table(schedule(program)))


def costs_of_nothing(program: Program, n_trials: int, blocks: int) -> dict[str, list[float]]:
    """Seconds per trial of each sweeper, one value per turn."""
    costs: dict[str, list[float]] = {name: [] for name in SWEEPERS}
    block = n_trials // blocks
    for turn in range(blocks):
        for index, (name, overrides) in enumerate(SWEEPERS.items()):
            study = program.sweep(f"nothing-{index}-{turn}", block, *SPACE, *overrides).study
            # A worker's first trial includes the start of its process.
            costs[name].append(seconds_of(study, first=1) / (block - 1))
    return costs


def costs_table(costs: dict[str, list[float]], n_trials: int, blocks: int) -> Table:
    table = Table(title=f"a trial that does nothing, {n_trials} of each in {blocks} turns")
    # "as it comes" keeps a worker on every core busy, the others run one trial at a time.
    for column in ("sweeper", "ms a trial (median)", "lowest", "highest", "of the stock one"):
        table.add_column(column, justify="right")
    stock = median(next(iter(costs.values())))
    for name, values in costs.items():
        middle = median(values)
        numbers = [f"{1000 * value:.0f}" for value in (middle, min(values), max(values))]
        table.add_row(name, *numbers, f"{middle / stock:.2f}")
    return table


@dataclass(frozen=True)
class Schedule:
    """Seconds of the best schedule, seconds taken, and the part of them for a worker's start."""

    best: float
    taken: float
    start: float


def schedule(program: Program, lengths: Sequence[int] = LENGTHS) -> Schedule:
    choices = ",".join(map(str, lengths))
    swept = program.sweep(
        "schedule",
        len(lengths),
        f"seconds=choice({choices})",
        "hydra/sweeper=tailor",
        "hydra/launcher=local",
        "hydra.sweeper.n_jobs=2",
        "hydra/sweeper/sampler=grid",
    )
    trials = swept.study.get_trials(deepcopy=False)
    arrived = sorted(trials, key=lambda trial: trial.datetime_start or 0)
    best = list_schedule([trial.params["seconds"] for trial in arrived], workers=2)
    # A worker's first job includes the start of its process: Python, Hydra, the program.
    start = min(
        (t.datetime_complete - t.datetime_start).total_seconds() - t.params["seconds"]
        for t in arrived[:2]
        if t.datetime_start and t.datetime_complete
    )
    return Schedule(best, seconds_of(swept.study), start)


def schedule_table(found: Schedule) -> Table:
    table = Table(title="eight trials of 1 to 8 s on two workers")
    for column in ("best schedule", "taken", "of the best", "of it the workers' start"):
        table.add_column(column, justify="right")
    share = f"{found.taken / found.best:.3f}"
    table.add_row(f"{found.best:.1f} s", f"{found.taken:.1f} s", share, f"{found.start:.1f} s")
    return table


def list_schedule(lengths: list[float], workers: int) -> float:
    """Seconds until the last job ends when a free worker always takes the next one."""
    free = [0.0] * workers
    for length in lengths:
        heapq.heappush(free, heapq.heappop(free) + length)
    return max(free)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
