"""Searches of the toy program in separate processes, and the conditions on their results."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import optuna
import psutil
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "apps" / "toy.py"
N_TRIALS, EPOCHS = 6, 4
COMMAND = (
    *("x=interval(-1,1)", f"hydra.sweeper.n_trials={N_TRIALS}", f"epochs={EPOCHS}"),
    *("pause=[0.1,0.02,0.05]", "hydra.sweeper.retries=99", "hydra.sweeper.max_failure_rate=1"),
)
LIMIT_SECONDS = 120
"""A search that takes longer counts as hanging."""
END_SECONDS = 15
"""Workers must notice within this time that their search has ended."""
MARK = "TORTURED_SEARCH"
"""Environment variable that identifies the processes of a search."""


class Broken(AssertionError):
    """A guarantee was violated."""


@dataclass
class Search:
    """A study of the toy program, started as often as needed.

    Args:
        directory: an empty directory.
        launcher: name of Hydra's launcher.
        words: the other overrides.
        storage: a URL; None uses a file in the directory.
        output_directory: receives what the search prints; None: the directory.
    """

    directory: Path
    launcher: str = "local"
    words: Sequence[str] = COMMAND
    storage: str | None = None
    output_directory: Path | None = None
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def sweep(self) -> Path:
        return self.directory / "sweep"

    def start(self) -> subprocess.Popen[str]:
        words = [f"hydra/launcher={self.launcher}", *self.words]
        environment = {
            **os.environ,
            **{"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", MARK: str(self.directory)},
        }
        if self.storage is not None:
            words.append("hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}")
            environment["TAILOR_STORAGE"] = self.storage
        output = (self.output_directory or self.directory) / f"output-{len(self.processes)}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", str(TOY), "-m", *words],
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # its own process group, as in a terminal
            )
        self.processes.append(process)
        return process

    def wait(self, process: subprocess.Popen[str]) -> int:
        """Wait for the end of a started process, and return its exit code.

        Raises:
            Broken: it hangs.
        """
        try:
            return process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise Broken(f"the search hangs: {self.last_output()}") from None

    def finish(self) -> None:
        """Start the search once more, and wait for its end.

        Raises:
            Broken: it fails.
        """
        if (code := self.wait(self.start())) != 0:
            raise Broken(f"the search ended with {code}: {self.last_output()}")

    def last_output(self) -> str:
        return self.outputs()[-1][-600:]

    def outputs(self) -> list[str]:
        files = (self.output_directory or self.directory).glob("output-*.txt")
        paths = sorted(files, key=lambda path: path.stat().st_mtime)
        return [path.read_text(errors="replace") for path in paths]

    def alive(self) -> list[psutil.Process]:
        """Every process of the search, including those whose parent is gone."""
        found = []
        for process in psutil.process_iter():
            try:
                marked = process.environ().get(MARK) == str(self.directory)
                if marked and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:  # it has just ended, or belongs to somebody else
                continue
        return found

    def workers(self, coordinator: subprocess.Popen[str]) -> list[psutil.Process]:
        try:
            children = psutil.Process(coordinator.pid).children(recursive=True)
            return [one for one in children if "spawn_main" in " ".join(one.cmdline())]
        except psutil.Error:
            return []

    def events(self) -> list[tuple[int, int]]:
        """Number and process id of each job that began."""
        file = self.sweep / "events.csv"
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [line.split(",") for line in lines if line.count(",") == 2]
        return [(int(job), int(pid)) for job, pid, _ in rows]

    def trials(self) -> list[FrozenTrial]:
        storage = RDBStorage(self.storage or f"sqlite:///{self.sweep}/study.db")
        try:
            return optuna.load_study(study_name="toy", storage=storage).trials
        finally:
            storage.engine.dispose()

    def kill(self) -> None:
        """End whatever is left of the search."""
        for process in self.alive():
            process.kill()
        for process in self.processes:
            process.wait()

    def check(self, *, undisturbed: bool = False) -> None:
        """Check a finished search.

        Args:
            undisturbed: nothing was killed or stopped, so each job began once.

        Raises:
            Broken: a trial was lost or run twice, its value is not that of an undisturbed
                search, a process or a file is left behind, or the user saw a traceback.
        """
        self._check_trials(self.trials())
        if undisturbed and sorted(job for job, _ in self.events()) != list(range(N_TRIALS)):
            raise Broken(f"jobs began twice, or never: {self.events()}")
        # joblib's own processes share our output, and a Ctrl-C during their imports prints a
        # traceback.
        for output in self.outputs() if self.launcher != "joblib" else ():
            if "Traceback" in output and not _is_of_python_itself(output):
                raise Broken(f"a traceback: {output[-1500:]}")
        deadline = time.monotonic() + END_SECONDS
        while left := self.alive():
            if time.monotonic() > deadline:
                raise Broken(f"still running: {[one.cmdline() for one in left]}")
            time.sleep(0.1)
        self._check_files()

    def _check_trials(self, trials: list[FrozenTrial]) -> None:
        complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
        states = Counter(trial.state.name for trial in trials)
        failed = {trial.user_attrs.get("fail_reason", "") for trial in trials} - {""}
        if len(complete) != N_TRIALS or states.keys() - {"COMPLETE", "FAIL"}:
            raise Broken(f"the trials are {dict(states)}; failed: {failed}")
        for reason in failed:
            if "SIGKILL" not in reason:
                raise Broken(f"a trial failed: {reason}")
        configurations = {trial.params["x"] for trial in trials}
        if len(configurations) != N_TRIALS:
            raise Broken(f"{len(configurations)} configurations were tried")
        for trial in complete:
            if list(trial.intermediate_values) != list(range(1, EPOCHS + 1)):
                raise Broken(f"trial {trial.number} reported {trial.intermediate_values}")
            if abs(trial.values[0] - _value(trial.params["x"])) > 1e-9:
                raise Broken(f"trial {trial.number} has the value {trial.values[0]}")
            lines = (self.sweep / str(trial.number) / "epochs.txt").read_text().split()
            if len(lines) != len(set(lines)):
                raise Broken(f"trial {trial.number} trained its epochs {lines}")

    def _check_files(self) -> None:
        partial = [path for path in self.directory.rglob("*") if _is_partial(path)]
        if partial:
            raise Broken(f"files are left behind: {partial}")


def _is_of_python_itself(output: str) -> bool:
    """Whether Ctrl-C came before Hydra called the sweeper, during the imports of the program."""
    begins = output.startswith("Traceback") and output.rstrip().endswith("KeyboardInterrupt")
    called = re.search(r"/hydra_tailor/plugins/sweeper\.py.*, in (setup|sweep)", output)
    return begins and not called


def _is_partial(path: Path) -> bool:
    return path.name.startswith(".") and path.name != ".hydra"


def _value(x: float) -> float:
    """The toy's value for a configuration: the mean over its epochs."""
    return (x - 0.3) ** 2 + 0.1**2


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal as a terminal does: to the whole group."""
    with contextlib.suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, number)


def pause(rng: random.Random, longest: float) -> None:
    time.sleep(rng.uniform(0, longest))
