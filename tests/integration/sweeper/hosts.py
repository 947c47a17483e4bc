"""Several hosts: processes of the toy program with host names of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import optuna
import psutil
from optuna.trial import FrozenTrial, TrialState

from .conftest import ROOT, Finished, Toy, X

GRACE = 3  # seconds of silence, in these tests
OTHER_HOST = ROOT / "tests" / "apps" / "other_host"
ONE_STUDY = [X, f"hydra.sweeper.grace_period={GRACE}"]


class Host:
    """One host's toy program.

    Args:
        name: the host's.
        directory: where it is started; hosts in the same one share their run directories.
        storage: URL of the database, with its password.
    """

    def __init__(self, name: str, directory: Path, storage: str) -> None:
        directory.mkdir(exist_ok=True)
        self.name = name
        self.toy = Toy(directory)
        self.storage = storage
        self._process: subprocess.Popen[str] | None = None
        self._said = directory / f"{name}.txt"

    def start(self, *overrides: str) -> None:
        with self._said.open("w") as said:
            self._process = self.toy.start(
                *ONE_STUDY,
                "hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}",
                *overrides,
                env={
                    "TAILOR_STORAGE": self.storage,
                    "TEST_HOST": self.name,
                    "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", OTHER_HOST))),
                },
                stdout=said,
            )

    @property
    def output(self) -> str:
        """What the host has printed so far."""
        return self._said.read_text()

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def end(self, code: int | None = 0) -> Finished:
        ended = Finished(self.toy.end(self.process, code=None).code, self.output)
        assert code is None or ended.code == code, ended.output
        return ended

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the host at once."""
        everyone = [*psutil.Process(self.process.pid).children(recursive=True)]
        for one in (psutil.Process(self.process.pid), *everyone):
            one.send_signal(number)


class Joined:
    """What a test asks about a study in a database."""

    def __init__(self, storage: str) -> None:
        self._storage = optuna.storages.RDBStorage(storage, engine_kwargs={"pool_pre_ping": True})

    @property
    def study(self) -> optuna.Study:
        return optuna.load_study(study_name="toy", storage=self._storage)

    @property
    def trials(self) -> list[FrozenTrial]:
        names = {one.study_name for one in self._storage.get_all_studies()}
        return self.study.trials if "toy" in names else []

    def began_by(self, host: str) -> list[int]:
        """Numbers of trials that run on a host and have reported."""
        return [
            trial.number
            for trial in self.trials
            if trial.state is TrialState.RUNNING
            and trial.intermediate_values
            and str(trial.user_attrs.get("owner")).startswith(f"{host}:")
        ]

    def assert_whole(self, n_trials: int, *, over: int = 0) -> None:
        """Contract of a study that ended: its budget, each number once, nothing left running."""
        trials = self.trials
        counts = Counter(trial.state for trial in trials)
        assert n_trials <= counts.pop(TrialState.COMPLETE) <= n_trials + over
        assert set(counts) <= {TrialState.WAITING}  # a race for the last one; it never runs
        assert [trial.number for trial in trials] == list(range(len(trials)))
        for trial in trials:
            if trial.state is TrialState.COMPLETE:
                assert sorted(trial.intermediate_values) == [1, 2, 3, 4, 5, 6]
                x, y, height = trial.params["x"], 0.0, 0.0
                each = [(x - 0.3) ** 2 + (y + 0.1) ** 2 + height / k for k in range(1, 7)]
                assert abs(trial.value - sum(each) / 6) < 1e-9  # every step once

    def close(self) -> None:
        self._storage.engine.dispose()


def jobs(directories: Sequence[Path]) -> list[int]:
    """Numbers of all jobs that began, below several sweep directories."""
    files = [directory / "sweep" / "events.csv" for directory in directories]
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return sorted(int(line.partition(",")[0]) for line in lines)
