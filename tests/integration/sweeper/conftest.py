"""Sweeps of the toy program: in this process for logic, in real processes for the rest."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.plugins import Plugins
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import URL

ROOT = Path(__file__).parents[3]
TOY = ROOT / "tests" / "apps" / "toy.py"
Plugins.instance()  # before a fixture remembers the config store: plugins fill it only once
LIMIT = 90  # seconds after which a hanging sweep is a failed test
X = "x=interval(-1,1)"


def load(path: Path, name: str = "toy") -> optuna.Study:
    url = URL.create("sqlite", database=str(path)).render_as_string()
    return optuna.load_study(study_name=name, storage=url)


def states(study: optuna.Study) -> str:
    """A letter a trial, by number: Complete, Fail, Pruned, Running, Waiting."""
    return "".join(trial.state.name[0] for trial in study.trials)


def processes_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@dataclass
class Finished:
    code: int
    output: str


class Toy:
    """The toy program in a directory of its own, run as a user would run it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.sweep_dir = directory / "sweep"

    def start(self, *overrides: str, program: Path = TOY, **options: Any) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
        return subprocess.Popen(
            [sys.executable, str(program), "-m", *overrides],
            cwd=self.directory,
            env=environment | options.pop("env", {}),
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a group of its own, as a terminal gives it
            **options,
        )

    def run(self, *overrides: str, code: int | None = 0, **options: Any) -> Finished:
        return self.end(self.start(*overrides, **options), code=code)

    def end(self, process: subprocess.Popen[str], code: int | None = 0) -> Finished:
        try:
            output, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"the sweep hangs:\n{process.communicate()[0]}")
        if code is not None:
            assert process.returncode == code, output
        return Finished(process.returncode, output)

    @property
    def study(self) -> optuna.Study:
        return load(self.sweep_dir / "study.db")

    @property
    def trials(self) -> list[FrozenTrial]:
        return self.study.trials

    @property
    def values(self) -> list[float | None]:
        return [trial.value for trial in self.trials]

    @property
    def events(self) -> list[tuple[int, int, float]]:
        """Job, process and time of each start of a job."""
        file = self.sweep_dir / "events.csv"
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [line.split(",") for line in lines]
        return [(int(job), int(pid), float(at)) for job, pid, at in rows]

    def output(self, number: int) -> str:
        return (self.sweep_dir / str(number) / "output.log").read_text()

    def wait_for(self, what: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LIMIT
        while not (found := what()):
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.02)
        return found

    def wait_for_epoch(self, *numbers: int) -> None:
        """Until each of these trials has a first epoch behind it."""
        for number in numbers:
            self.wait_for((self.sweep_dir / str(number) / "state.json").exists)

    def assert_whole(self, n_trials: int) -> None:
        """Contract of a study that ended: its budget, each number once, none left behind."""
        trials = self.trials
        assert Counter(trial.state for trial in trials) == {TrialState.COMPLETE: n_trials}
        assert [trial.number for trial in trials] == list(range(n_trials))


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path)


Sweep = Callable[..., optuna.Study]


@pytest.fixture
def sweep(tmp_path: Path, hydra_restore_singletons: Any) -> Iterator[Sweep]:
    """Sweep a function in this process, on Hydra's basic launcher unless told otherwise."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def run(task: Callable[[Any], Any], *overrides: str, study: str = "toy") -> optuna.Study:
        hydra = Hydra.create_main_hydra_file_or_module(
            calling_file=str(TOY), calling_module=None, config_path="conf", job_name="toy"
        )
        try:
            hydra.multirun(
                config_name="toy",
                task_function=task,
                overrides=[
                    "hydra/launcher=basic",
                    f"hydra.sweep.dir={tmp_path / 'sweep'}",
                    *overrides,
                ],
                with_log_configuration=False,
            )
        finally:
            GlobalHydra.instance().clear()
            root.handlers[:], root.level = before
        return load(tmp_path / "sweep" / "study.db", study)

    yield run
    logging.shutdown()
    root.handlers[:], root.level = before


@pytest.fixture
def study(tmp_path: Path) -> Callable[[], optuna.Study]:
    return lambda: load(tmp_path / "sweep" / "study.db")
