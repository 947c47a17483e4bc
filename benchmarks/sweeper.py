"""What a trial costs besides its own work, here and with Hydra's stock Optuna sweeper.

    python benchmarks/sweeper.py [--trials 200] [--blocks 4] [--filled 2000]

Three measurements in one run: the time of a trial that does nothing, of both sweepers in turn; the
time that eight sleeping trials of uneven length take on two workers against the best schedule for
their order of arrival; the time of a trial in a study that already holds thousands, against Optuna
alone. Times come from the trials' own time stamps, so neither start nor end of a process counts.
"""

from __future__ import annotations

import argparse
import heapq
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import optuna
from optuna.trial import TrialState, create_trial
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parent.parent

PROGRAM = """
import time
import hydra
from tailor import config

config.register()

@hydra.main(config_path="conf", config_name="noop")
def main(cfg):
    time.sleep(cfg.seconds)
    return cfg.optimizer.lr

if __name__ == "__main__":
    main()
"""

# The project's own groups, so that the config is as large as a real one.
CONFIG = """
defaults:
  - data: fashion_mnist
  - model: cnn
  - optimizer: sgd
  - scheduler: onecycle
  - augment: erase
  - training: default
  - _self_
seconds: 0
hydra:
  searchpath: [file://{conf}]
"""

SPACE = [
    "training.epochs=choice(3,6,12)",
    "optimizer.lr=tag(log,interval(0.01,0.5))",
    "model.num_layers=range(2,6)",
    "model.neurons=choice(8,16,32)",
]
STOCK = ["hydra/sweeper=optuna", "hydra/launcher=basic", "hydra.sweeper.n_jobs=1"]
OURS = ["hydra/sweeper=tailor", "hydra.sweeper.n_jobs=1"]
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
    parser.add_argument("--filled", type=int, default=2000, help="trials of the large study")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        program = write_program(Path(directory))
        console = Console(width=110)
        console.print(cost_of_nothing(program, arguments.trials, arguments.blocks))
        console.print(schedule(program))
        console.print(growth(program, arguments.filled))


def write_program(directory: Path) -> Path:
    (directory / "conf").mkdir()
    config = CONFIG.format(conf=REPOSITORY / "conf")
    (directory / "conf" / "noop.yaml").write_text(config)
    (directory / "program.py").write_text(PROGRAM)
    return directory / "program.py"


def sweep(program: Path, name: str, n_trials: int, *overrides: str) -> optuna.Study:
    """Run a sweep in a process of its own and return its study."""
    storage = f"sqlite:///{program.parent / name}.db"
    command = [
        *(sys.executable, str(program), "-m", f"hydra.sweep.dir={program.parent / name}"),
        *(f"hydra.sweeper.study_name={name}", f"hydra.sweeper.storage={storage}"),
        *(f"hydra.sweeper.n_trials={n_trials}", *overrides),
    ]
    done = subprocess.run(
        command,
        cwd=program.parent,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return optuna.load_study(study_name=name, storage=storage)


def seconds_of(study: optuna.Study, first: int = 0) -> float:
    """From the start of one trial to the end of the last."""
    trials = study.get_trials(deepcopy=False)[first:]
    starts = [trial.datetime_start for trial in trials if trial.datetime_start]
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return (max(ends) - min(starts)).total_seconds()


def cost_of_nothing(program: Path, n_trials: int, blocks: int) -> Table:
    costs: dict[str, list[float]] = {name: [] for name in SWEEPERS}
    block = n_trials // blocks
    for turn in range(blocks):
        for index, (name, overrides) in enumerate(SWEEPERS.items()):
            study = sweep(program, f"nothing-{index}-{turn}", block, *SPACE, *overrides)
            # The first trial of a worker carries the start of its process.
            costs[name].append(seconds_of(study, first=1) / (block - 1))
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


def schedule(program: Path) -> Table:
    choices = ",".join(map(str, LENGTHS))
    study = sweep(
        program,
        "schedule",
        len(LENGTHS),
        f"seconds=choice({choices})",
        "hydra/sweeper=tailor",
        "hydra/launcher=local",
        "hydra.sweeper.n_jobs=2",
        "hydra/sweeper/sampler=grid",
    )
    trials = study.get_trials(deepcopy=False)
    arrived = sorted(trials, key=lambda trial: trial.datetime_start or 0)
    best = list_schedule([trial.params["seconds"] for trial in arrived], workers=2)
    # The first job of each worker carries the start of its process: Python, Hydra, the program.
    start = min(
        (t.datetime_complete - t.datetime_start).total_seconds() - t.params["seconds"]
        for t in arrived[:2]
        if t.datetime_start and t.datetime_complete
    )
    taken = seconds_of(study)
    table = Table(title="eight trials of 1 to 8 s on two workers")
    for column in ("best schedule", "taken", "of the best", "of it the workers' start"):
        table.add_column(column, justify="right")
    table.add_row(f"{best:.1f} s", f"{taken:.1f} s", f"{taken / best:.3f}", f"{start:.1f} s")
    return table


def list_schedule(lengths: list[float], workers: int) -> float:
    """Seconds until the last job ends when a free worker always takes the next one."""
    free = [0.0] * workers
    for length in lengths:
        heapq.heappush(free, heapq.heappop(free) + length)
    return max(free)


def growth(program: Path, filled: int) -> Table:
    """The cost of 20 further trials in small and large studies, here and with Optuna alone."""
    table = Table(title="a further trial that does nothing, by the trials the study holds")
    for column in ("trials", "tailor, ms", "Optuna's ask and tell alone, ms"):
        table.add_column(column, justify="right")
    for size in (0, filled // 4, filled):
        name = f"filled-{size}"
        study = sweep(program, name, 1, *SPACE, *OURS, "hydra/launcher=local")
        fill(study, size)
        study = sweep(program, name, size + 22, *SPACE, *OURS, "hydra/launcher=local")
        ours = seconds_of(study, first=size + 2) / 20
        alone = optuna_alone(study)
        table.add_row(str(size), f"{1000 * ours:.0f}", f"{1000 * alone:.0f}")
    return table


def fill(study: optuna.Study, size: int) -> None:
    sampler = optuna.samplers.RandomSampler(seed=0)
    template = study.get_trials(deepcopy=False)[0]
    for index in range(size):
        params = {
            name: sampler.sample_independent(study, template, name, distribution)
            for name, distribution in template.distributions.items()
        }
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE,
                value=float(index % 7),
                params=params,
                distributions=template.distributions,
            )
        )


def optuna_alone(study: optuna.Study, n_trials: int = 20) -> float:
    study.sampler = optuna.samplers.TPESampler(seed=0)
    distributions = study.get_trials(deepcopy=False)[0].distributions
    started = time.perf_counter()
    for _ in range(n_trials):
        study.tell(study.ask(distributions), 1.0)
    return (time.perf_counter() - started) / n_trials


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
