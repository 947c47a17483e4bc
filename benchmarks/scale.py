"""How many workers one PostgreSQL carries, and what a trial asks of it.

    python benchmarks/scale.py [--workers 1 2 4 8 16] [--seconds 10] [--sizes 100 1000 5000]

Starts a PostgreSQL of its own (Debian: apt install postgresql). Three measurements: trials a
minute of workers that join one study, each a start of the command with one job at a time, whose
trials sleep, so that a few cores suffice; the round trips to the database that a trial costs; the
time of `ask` in a study that already holds many trials, against Optuna alone on the same database.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "src")]

from hydra_tailor import names  # noqa: E402
from hydra_tailor.storage.opening import open_storage  # noqa: E402
from hydra_tailor.study.outcome import Outcome  # noqa: E402
from hydra_tailor.study.shared import SharedStudy  # noqa: E402
from tests.postgres import Postgres, binaries, running  # noqa: E402

REPORTS = 5  # a trial's
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
SPACE = {
    "lr": FloatDistribution(1e-4, 1, log=True),
    "layers": IntDistribution(1, 5),
    "units": IntDistribution(4, 64, log=True),
    "act": CategoricalDistribution(("relu", "gelu", "silu")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4, 8, 16])
    parser.add_argument("--seconds", type=float, default=10.0, help="a trial sleeps")
    parser.add_argument("--rounds", type=int, default=5, help="trials of each worker, at least 3")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 5000])
    arguments = parser.parse_args()
    if (programs := binaries()) is None:
        sys.exit("PostgreSQL is not installed: apt install postgresql")
    console = Console(width=110)
    with running(programs) as server, tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "program.py"
        program.write_text(PROGRAM)
        (program.parent / "sleep.yaml").write_text(CONFIG)
        console.print(round_trips(program, server))
        console.print(cost_of_ask(server, arguments.sizes))
        console.print(
            throughput(program, server, arguments.workers, arguments.seconds, arguments.rounds)
        )


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


def throughput(
    program: Path, server: Postgres, counts: Sequence[int], seconds: float, rounds: int
) -> Table:
    """Trials a minute once every worker is up, from the trials' own time stamps."""
    table = Table(title=f"workers on one study, trials of {seconds:g} s with {REPORTS} reports")
    columns = ("workers", "trials a minute", "of linear", "besides its sleep", "connections")
    for column in (*columns, "server's CPU a trial"):
        table.add_column(column, justify="right")
    alone = None
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
            open_now = int(server.sql(CONNECTIONS, name)) - 1  # but for this one
            connections = max(connections, open_now)
        end(workers)
        rate = rate_of(trials_of(storage))
        alone = alone or rate / count
        cost = 1000 * (60 * count / rate - seconds)
        linear = f"{100 * rate / (alone * count):.1f} %"
        used = 1000 * (server.cpu_seconds - used) / (count * rounds)
        cells = (f"{rate:.1f}", linear, f"{cost:.0f} ms", str(connections), f"{used:.0f} ms")
        table.add_row(str(count), *cells)
    return table


def rate_of(trials: Sequence[FrozenTrial]) -> float:
    """Trials a minute: each worker's own rate, once the last one has ended its first trial."""
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
    """From two sweeps of different length, so that their starts do not count."""
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


def cost_of_ask(server: Postgres, sizes: Sequence[int]) -> Table:
    """A further trial, drawn by TPE: Optuna's `ask`, and the sweeper's step that takes its place.

    Both read the study through storages of their own, as two processes would.
    """
    table = Table(title="asking for a trial, by the trials that the study holds")
    for column in ("trials", "tailor, ms", "Optuna alone, ms", "difference, ms"):
        table.add_column(column, justify="right")
    for size in sizes:
        storage = server.database(f"holds{size}")
        alone = optuna.create_study(
            study_name="s", storage=storage, sampler=optuna.samplers.TPESampler(seed=0)
        )
        fill(alone, size)
        shared = SharedStudy(
            open_storage(storage),
            "s",
            directions=("minimize",),
            sampler=optuna.samplers.TPESampler(seed=0),
            budget=10 * size,
        )

        def ask_shared(shared: SharedStudy = shared) -> int:
            trial = shared.next()
            assert trial is not None
            for name, distribution in SPACE.items():
                trial._suggest(name, distribution)
            return trial.number

        def tell_shared(number: int, shared: SharedStudy = shared) -> None:
            shared.tell(number, Outcome(TrialState.COMPLETE, values=(1.0,)), {})

        def ask_alone(study: optuna.Study = alone) -> int:
            return study.ask(SPACE).number

        def tell_alone(number: int, study: optuna.Study = alone) -> None:
            study.tell(number, 1.0)

        ours, theirs = in_turns((ask_shared, tell_shared), (ask_alone, tell_alone))
        table.add_row(str(size), f"{ours:.0f}", f"{theirs:.0f}", f"{ours - theirs:.0f}")
    return table


Steps = tuple[Callable[[], int], Callable[[int], None]]


def in_turns(*contestants: Steps, turns: int = 15) -> list[float]:
    """Median milliseconds of each one's `ask`; the first of each, which reads all, is left out."""
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(turns + 1):
        for index, (ask, tell) in enumerate(contestants):
            began = time.perf_counter()
            number = ask()
            times[index].append(1000 * (time.perf_counter() - began))
            tell(number)
    return [median(one[1:]) for one in times]


def fill(study: optuna.Study, size: int) -> None:
    sampler = optuna.samplers.RandomSampler(seed=0)
    template = create_trial(value=0.0)
    for index in range(size):
        params = {
            name: sampler.sample_independent(study, template, name, distribution)
            for name, distribution in SPACE.items()
        }
        study.add_trial(create_trial(value=float(index % 7), params=params, distributions=SPACE))


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
