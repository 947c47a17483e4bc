"""Measure how many workers one PostgreSQL supports, and a trial's load on it.

    python benchmarks/scale.py [--workers 1 2 4 8 16] [--seconds 10]

Starts a PostgreSQL server of its own (Debian: apt install postgresql). The first measurement is
the number of trials per minute of workers that join one study. Each worker is one start of the
command with one job at a time; its trials sleep, so that a few cores suffice. The second is the
number of round trips to the database per trial.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY)]

from hydra_tailor import names  # noqa: E402
from tests.postgres import Postgres, binaries, running  # noqa: E402

REPORTS = 5  # per trial
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
PROGRAM = """
import atexit
import os
import time
from collections import Counter
from pathlib import Path

import hydra
from sqlalchemy import event
from sqlalchemy.engine import Engine

from hydra_tailor import current_trial

trips = Counter()
event.listen(Engine, "before_cursor_execute", lambda *_: trips.update(["statement"]))
for kind in ("begin", "commit", "rollback"):
    event.listen(Engine, kind, lambda *_, kind=kind: trips.update([kind]))
role = "coordinator" if __name__ == "__main__" else "job"
atexit.register(lambda: Path(f"trips-{role}-{os.getpid()}").write_text(str(trips.total())))

@hydra.main(config_path=".", config_name="sleep")
def main(cfg):
    trial = current_trial()
    trial.expect(cfg.reports)
    for epoch in range(1, cfg.reports + 1):
        time.sleep(cfg.seconds / cfg.reports)
        trial.report(1.0, epoch)
        trial.should_prune()
    return cfg.lr

if __name__ == "__main__":
    main()
"""
CONFIG = """
defaults:
  - _self_
  - override hydra/sweeper: tailor
  - override hydra/sweeper/pruner: median
  - override hydra/launcher: local
lr: 0.1
layers: 2
units: 8
act: relu
seconds: 0
reports: 5
hydra:
  sweeper:
    n_jobs: 1
    storage: ${oc.env:TAILOR_STORAGE}
    may_differ: [seconds]
    params:
      lr: tag(log, interval(1e-4, 1))
      layers: range(1, 6)
      units: tag(log, range(4, 65))
      act: choice(relu, gelu, silu)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4, 8, 16])
    parser.add_argument("--seconds", type=float, default=10.0, help="a trial sleeps")
    parser.add_argument("--rounds", type=int, default=5, help="trials of each worker, at least 3")
    arguments = parser.parse_args()
    if (programs := binaries()) is None:
        sys.exit("PostgreSQL is not installed: apt install postgresql")
    console = Console(width=110)
    with bench(programs) as (program, server):
        console.print(round_trips(program, server))
        counts, seconds = arguments.workers, arguments.seconds
        found = list(throughput(program, server, counts, seconds, arguments.rounds))
        console.print(throughput_table(found, seconds))


@contextmanager
def bench(programs: Path) -> Iterator[tuple[Path, Postgres]]:
    """The program that sleeps, and a running server."""
    with running(programs) as server, tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "program.py"
        program.write_text(PROGRAM)
        (program.parent / "sleep.yaml").write_text(CONFIG)
        yield program, server


def start(program: Path, storage: str, runs: str, *overrides: str) -> subprocess.Popen[str]:
    fixed = ["hydra.sweeper.study_name=sleep", f"hydra.sweep.dir={runs}"]
    return subprocess.Popen(
        [sys.executable, str(program), "-m", *fixed, *overrides],
        cwd=program.parent,
        env={
            **os.environ,
            "TAILOR_STORAGE": storage,
            "PYTHONWARNINGS": "ignore",
            "PYTHONPATH": str(REPOSITORY / "src"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(processes: Sequence[subprocess.Popen[str]]) -> None:
    outputs = [process.communicate()[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        if process.returncode:
            sys.exit(output)


def trials_of(storage: str) -> list[FrozenTrial]:
    trials = optuna.load_study(study_name="sleep", storage=storage).get_trials(deepcopy=False)
    return [trial for trial in trials if trial.state is TrialState.COMPLETE]


@dataclass(frozen=True)
class Throughput:
    """The throughput of workers on one study.

    Attributes:
        rate: trials per minute of all workers together.
        overhead: seconds per trial besides its sleep.
        connections: largest number of connections to the database.
        server_seconds: CPU time of the server per trial.
    """

    workers: int
    rate: float
    overhead: float
    connections: int
    server_seconds: float


def throughput(
    program: Path, server: Postgres, counts: Sequence[int], seconds: float, rounds: int
) -> Iterator[Throughput]:
    """Trials per minute once every worker is up, from the time stamps of the trials."""
    for count in counts:
        name = f"workers{count}"
        storage = server.database(name)
        budget = f"hydra.sweeper.n_trials={count * rounds}"
        used = server.cpu_seconds
        work = (f"seconds={seconds}", budget)
        workers = [start(program, storage, name, *work) for _ in range(count)]
        connections = 0
        while any(worker.poll() is None for worker in workers):
            time.sleep(1)
            open_now = int(server.sql(CONNECTIONS, name)) - 1  # without the query's own
            connections = max(connections, open_now)
        end(workers)
        rate = rate_of(trials_of(storage))
        used = (server.cpu_seconds - used) / (count * rounds)
        yield Throughput(count, rate, 60 * count / rate - seconds, connections, used)


def throughput_table(found: Sequence[Throughput], seconds: float) -> Table:
    table = Table(title=f"workers on one study, trials of {seconds:g} s with {REPORTS} reports")
    columns = ("workers", "trials a minute", "of linear", "besides its sleep", "connections")
    for column in (*columns, "server's CPU a trial"):
        table.add_column(column, justify="right")
    alone = found[0].rate / found[0].workers
    for one in found:
        linear = f"{100 * one.rate / (alone * one.workers):.1f} %"
        overhead, used = (f"{1000 * of:.0f} ms" for of in (one.overhead, one.server_seconds))
        cells = (f"{one.rate:.1f}", linear, overhead, str(one.connections), used)
        table.add_row(str(one.workers), *cells)
    return table


def rate_of(trials: Sequence[FrozenTrial]) -> float:
    """Trials per minute: the sum of the workers' rates after each has ended its first trial."""
    ends: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        assert trial.datetime_complete is not None
        ends[trial.user_attrs[names.OWNER]].append(trial.datetime_complete.timestamp())
    everyone_is_up = max(min(one) for one in ends.values())
    rate = 0.0
    for one in ends.values():
        counted = sorted(moment for moment in one if moment >= everyone_is_up)
        rate += 60 * (len(counted) - 1) / (counted[-1] - counted[0]) if len(counted) > 1 else 0.0
    return rate


def round_trips(program: Path, server: Postgres) -> Table:
    """Round trips per trial, from the difference of two sweeps, which cancels their starts."""
    short, long = 10, 40
    counts = {}
    for n_trials in (short, long):
        budget = f"hydra.sweeper.n_trials={n_trials}"
        end([start(program, server.database(), f"trips{n_trials}", budget)])
        counts[n_trials] = Counter[str]()
        for file in program.parent.glob("trips-*"):
            counts[n_trials][file.name.split("-")[1]] += int(file.read_text())
            file.unlink()
    table = Table(title=f"round trips to the database, a trial with {REPORTS} reports")
    for column in ("process", "a trial"):
        table.add_column(column, justify="right")
    for role in ("coordinator", "job"):
        each = (counts[long][role] - counts[short][role]) / (long - short)
        table.add_row(role, f"{each:.0f}")
    return table


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
