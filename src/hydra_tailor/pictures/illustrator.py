"""The sweep's side of the pictures: sends finished trials to a background process."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from hydra_tailor import names
from hydra_tailor.errors import ConfigError
from hydra_tailor.internals.optuna import storage_of, study_id, trial_id
from hydra_tailor.pictures.content import content_of
from hydra_tailor.pictures.messages import MAX_NOTES, FinishedTrial, Opening, line_of
from hydra_tailor.study.outcome import FINISHED

log = logging.getLogger(__name__)

PACKAGES = {"matplotlib": "matplotlib", "optuna_dashboard": "optuna-dashboard", "PIL": "pillow"}
"""That draw the pictures, in their own process: modules, and the packages that pip installs."""
SILENT_WAIT_SECONDS = 2.0
"""How long the end of a sweep waits for pictures before it prints a message."""
MAX_WAIT_SECONDS = 60.0
NOTE_KEY = "dashboard{}:note_ver"
"""optuna-dashboard's key of a study's note (with an empty part) or of a trial's (its id)."""


class Illustrator:
    """Sends finished trials to the drawing process.

    Args:
        opening: the study, and where its pictures are stored.
        command_of: returns the words that repeat a trial as a single run.

    Raises:
        TailorError: nothing can be written into the folder, or a package is missing.
    """

    def __init__(self, opening: Opening, command_of: Callable[[FrozenTrial], list[str]]) -> None:
        if missing := [pip for name, pip in PACKAGES.items() if find_spec(name) is None]:
            raise ConfigError(
                f"`hydra.sweeper.pictures` needs packages that are not installed: "
                f"{', '.join(missing)}. Type: pip install {' '.join(missing)}, or set "
                "hydra.sweeper.pictures=false."
            )
        # Imported here: it takes 0.3 s, and many searches draw no pictures.
        from hydra_tailor.pictures.artifacts import open_folder

        self._folder = open_folder(Path(opening.folder))
        self._opening = opening
        self._command_of = command_of
        self._content = content_of(opening.content)
        self._queue: queue.SimpleQueue[FinishedTrial | None] = queue.SimpleQueue()
        self._undrawn = 0
        self._ended = False
        self._waiting = False
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None

    def begin(self, study: Study, trials: Iterable[FrozenTrial]) -> None:
        """Introduce a new study; draw the trials that an earlier start left undrawn."""
        from hydra_tailor.pictures.artifacts import drawn

        storage = storage_of(study)
        noted = storage.get_study_system_attrs(study_id(study))
        for trial in trials:
            if trial.state not in FINISHED or NOTE_KEY.format(f":{trial_id(trial)}") in noted:
                continue
            if trial.number >= MAX_NOTES and drawn(self._folder, trial, storage):
                continue
            directory = trial.user_attrs.get(names.DIRECTORY)
            if directory and Path(directory).exists():
                self.draw(trial)
        if NOTE_KEY.format("") not in noted:
            self._start()

    def announce(self, trial: Trial, state: TrialState, directory: Path) -> None:
        """Reserve a trial's pictures before it ends, since Optuna freezes finished trials."""
        if state not in FINISHED:
            return
        from hydra_tailor.pictures.artifacts import reserve

        reported = bool(trial.storage.get_trial(trial_id(trial)).intermediate_values)
        pictures = self._content.pictures(directory, reported=reported)
        with contextlib.suppress(UpdateFinishedTrialError):
            reserve(trial, trial.storage, pictures)

    def draw(self, trial: FrozenTrial) -> None:
        """Queue a finished trial."""
        self._undrawn += 1
        self._queue.put(FinishedTrial(trial.number, self._command_of(trial)))
        self._start()

    def finish(self, log_line: Callable[[str], None]) -> None:
        """Wait for the remaining pictures, at most `MAX_WAIT_SECONDS`."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._waiting = True
        self._thread.join(SILENT_WAIT_SECONDS)
        if self._thread.is_alive():
            left = (
                f"the pictures of {self._undrawn} trials" if self._undrawn else "the last picture"
            )
            log_line(f"drawing {left} (Ctrl-C skips them for now)")
            self._thread.join(MAX_WAIT_SECONDS - SILENT_WAIT_SECONDS)
        if self._undrawn:
            log_line(f"{self._undrawn} trials have no pictures yet; the same command draws them")

    def stop_waiting(self) -> bool:
        """End the wait in `finish`; return whether the sweep was waiting there."""
        if self._waiting:
            self.end()
        return self._waiting

    def end(self) -> None:
        """End the process at once, if it still runs, and the thread that feeds it."""
        self._ended = True
        self._queue.put(None)
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._feed, daemon=True, name="illustrator")
            self._thread.start()

    def _feed(self) -> None:
        with tempfile.TemporaryFile("w+") as errors:
            try:
                with _start_process(errors) as process:  # closes its pipes on exit
                    self._process = process
                    self._converse(process)
                ended = f"its process ended with code {process.wait()}" if self._undrawn else ""
                reason = ended and f"{ended}. {_end_of(errors)}"
            except Exception as error:
                reason = f"{error}. {_end_of(errors)}"
        if reason and not self._ended:
            log.warning("drawing the trials' pictures stopped: %s", reason.strip())

    def _converse(self, process: subprocess.Popen[str]) -> None:
        """Send the queued trials, one after another, until the queue ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line_of(self._opening))
        process.stdin.flush()
        for finished in iter(self._queue.get, None):
            if self._ended:  # `end` was called before the process started
                return
            process.stdin.write(line_of(finished))
            process.stdin.flush()
            answer = process.stdout.readline()
            if not answer:
                return
            if problem := json.loads(answer):
                log.warning("trial %d has no pictures: %s", finished.number, problem)
            self._undrawn -= 1


class NoPictures(Illustrator):
    """The null object where `hydra.sweeper.pictures` is false: every call is ignored."""

    def __init__(self) -> None:
        """Needs no folder."""

    def begin(self, study: Study, trials: Iterable[FrozenTrial]) -> None: ...

    def announce(self, trial: Trial, state: TrialState, directory: Path) -> None: ...

    def draw(self, trial: FrozenTrial) -> None: ...

    def finish(self, log_line: Callable[[str], None]) -> None: ...

    def stop_waiting(self) -> bool:
        return False

    def end(self) -> None: ...


def _start_process(errors: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hydra_tailor.pictures.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OMP_NUM_THREADS": "1",
        },
        start_new_session=True,  # the sweep handles Ctrl-C and then ends this process
    )


def _end_of(errors: Any) -> str:
    errors.seek(0)
    return errors.read().strip()[-2000:]  # type: ignore[no-any-return]


def folder_of(pictures: bool | str, directory: Path) -> Path | None:
    """The folder that `hydra.sweeper.pictures` names; None for no pictures."""
    if pictures is False:
        return None
    return (directory / "pictures" if pictures is True else Path(pictures)).absolute()
