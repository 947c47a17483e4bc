"""A program that does nothing, its sweeps, and studies filled with similar trials."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, create_trial

REPOSITORY = Path(__file__).resolve().parent.parent

PROGRAM = r"""
import atexit
import re
import time
from pathlib import Path

import hydra
from tailor import config

config.register()

def peak():
    # Not getrusage: its maximum counts the process that started this one, too.
    [kib] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    Path("peak").write_text(kib)

if __name__ == "__main__":  # the coordinator, not a worker
    atexit.register(peak)

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
OURS = ["hydra/sweeper=tailor", "hydra.sweeper.n_jobs=1"]


@dataclass(frozen=True)
class Swept:
    """A finished sweep.

    Attributes:
        peak_mib: peak resident memory of the started process, without its workers.
    """

    study: optuna.Study
    peak_mib: float


class Program:
    """The program, written into its own directory.

    Args:
        directory: an empty directory; the sweeps also run there.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "conf").mkdir()
        config = CONFIG.format(conf=REPOSITORY / "conf")
        (directory / "conf" / "noop.yaml").write_text(config)
        (directory / "program.py").write_text(PROGRAM)

    def sweep(
        self, name: str, n_trials: int, *overrides: str, storage: str | None = None
    ) -> Swept:
        """Sweep in a new process; the default storage is a SQLite file named after the study."""
        storage = storage or f"sqlite:///{self.directory / name}.db"
        command = [
            *(sys.executable, "program.py", "-m", f"hydra.sweep.dir={self.directory / name}"),
            *(f"hydra.sweeper.study_name={name}", f"hydra.sweeper.n_trials={n_trials}"),
            *("hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}", *overrides),
        ]
        done = subprocess.run(
            command,
            cwd=self.directory,
            env={**os.environ, "PYTHONWARNINGS": "ignore", "TAILOR_STORAGE": storage},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        peak_mib = int((self.directory / "peak").read_text()) / 2**10
        return Swept(optuna.load_study(study_name=name, storage=storage), peak_mib)


def seconds_of(study: optuna.Study, first: int = 0) -> float:
    """Seconds from the first start to the last end of the trials from `first` on."""
    trials = study.get_trials(deepcopy=False)[first:]
    starts = [trial.datetime_start for trial in trials if trial.datetime_start]
    ends = [trial.datetime_complete for trial in trials if trial.datetime_complete]
    return (max(ends) - min(starts)).total_seconds()


def fill(study: optuna.Study, size: int, values: Sequence[float] = range(7)) -> None:
    """Add trials drawn at random from the space of the study's first trial.

    Args:
        values: of the new trials, used in turn.
    """
    sampler = optuna.samplers.RandomSampler(seed=0)
    template = study.get_trials(deepcopy=False)[0]
    study.add_trials(
        _drawn(sampler, study, template, float(values[index % len(values)]))
        for index in range(size)
    )


def _drawn(
    sampler: optuna.samplers.BaseSampler, study: optuna.Study, template: FrozenTrial, value: float
) -> FrozenTrial:
    params = {
        name: sampler.sample_independent(study, template, name, distribution)
        for name, distribution in template.distributions.items()
    }
    return create_trial(
        value=value,
        params=params,
        distributions=template.distributions,
        user_attrs=template.user_attrs,
    )


def optuna_alone(study: optuna.Study, n_trials: int = 20) -> float:
    """Mean seconds of a further `ask` and `tell`, after a first one, which reads the study."""
    study.sampler = optuna.samplers.TPESampler(seed=0)
    distributions = study.get_trials(deepcopy=False)[0].distributions
    study.tell(study.ask(distributions), 1.0)
    started = time.perf_counter()
    for _ in range(n_trials):
        study.tell(study.ask(distributions), 1.0)
    return (time.perf_counter() - started) / n_trials
