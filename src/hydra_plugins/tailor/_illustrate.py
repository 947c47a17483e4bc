"""Pictures and notes of finished trials, drawn in one background process that nobody waits for."""

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
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from tailor import names
from tailor.search.messages import Job, Opening, line_of

from ._command import single_run
from ._compose import hydra_overrides
from ._grammar import encode
from ._plan import Plan
from ._space import Parameter, describe
from ._stop import FINISHED

log = logging.getLogger(__name__)

UNSEEN = 2.0  # seconds that the end of a sweep waits without a word
WAIT = 60.0  # seconds that it waits in all
NOTED = "dashboard{}:note_ver"  # optuna-dashboard's key of a study's note, or of a trial's


class Illustrator:
    """Hands finished trials to the process; without a folder for pictures it does nothing.

    Args:
        plan: a checked plan.

    Raises:
        TailorError: nothing can be written into the folder.
    """

    def __init__(self, plan: Plan) -> None:
        folder = folder_of(plan.settings.artifacts, plan.directory)
        if folder is not None:
            from tailor.search.artifacts import open_folder

            open_folder(folder)
        self._folder = folder
        self._plan = plan
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._left = 0
        self._ended = False
        self._waited_for = False
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None

    def begin(self, study: Study, trials: Iterable[FrozenTrial]) -> None:
        """Introduce a new study; take up what an earlier start left undone."""
        if self._folder is None:
            return
        noted = study._storage.get_study_system_attrs(study._study_id)
        for trial in trials:
            directory = trial.user_attrs.get(names.DIRECTORY)
            undone = trial.state in FINISHED and NOTED.format(f":{trial._trial_id}") not in noted
            if undone and directory and Path(directory).exists():
                self.draw(trial)
        if NOTED.format("") not in noted:
            self._start()

    def announce(self, trial: Trial, state: TrialState, directory: Path) -> None:
        """Before a trial is told: name the pictures that it will have."""
        if self._folder is None or state not in FINISHED:
            return
        from tailor.search.artifacts import reserve

        files = []
        if (directory / names.METRICS_FILE).exists() or _reports(trial):
            files.append(names.CURVES_PICTURE)
        if (directory / names.VAL_CONFUSION_FILE).exists():
            files.append(names.VAL_CONFUSION_PICTURE)
        with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):
            reserve(trial, trial.storage, files)

    def draw(self, trial: FrozenTrial) -> None:
        """After it was told: draw them, some time."""
        if self._folder is None:
            return
        overrides = self._plan.space.overrides(trial.params)
        command = single_run(overrides, hydra_overrides(self._plan.config))
        self._left += 1
        self._queue.put(Job(trial.number, command))
        self._start()

    def finish(self, say: Callable[[str], None]) -> None:
        """Wait, within bounds, for what is not drawn yet."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._waited_for = True
        self._thread.join(UNSEEN)
        if self._thread.is_alive():
            say(f"drawing the pictures of {self._left} trials (Ctrl-C leaves them for later)")
            self._thread.join(WAIT - UNSEEN)
        if self._left:
            say(f"{self._left} trials have no pictures yet; the same command again draws them")

    def leave(self) -> bool:
        """End the waiting of `finish`; return whether that is what the sweep was at."""
        if self._waited_for:
            self.end()
        return self._waited_for

    def end(self) -> None:
        """End the process at once, if it still runs."""
        self._ended = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _opening(self) -> Opening:
        plan = self._plan
        objective = plan.fixed.get("objective", "the returned value")
        objectives = objective if isinstance(objective, list) else [objective]
        return Opening(
            storage=plan.storage,
            study=plan.study_name,
            folder=str(self._folder),
            space=space_in_words(plan.space.parameters),
            fixed=plan.fixed,
            typed=list(plan.space.fixed),
            goals=dict(zip(objectives, plan.settings.directions, strict=False)),
        )

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._feed, daemon=True, name="illustrator")
            self._thread.start()

    def _feed(self) -> None:
        with tempfile.TemporaryFile("w+") as errors:
            try:
                self._process = process = _process(errors)
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(line_of(self._opening()))
                process.stdin.flush()
                for job in iter(self._queue.get, None):
                    if self._ended:  # before there was a process to end
                        break
                    process.stdin.write(line_of(job))
                    process.stdin.flush()
                    answer = process.stdout.readline()
                    if not answer:
                        break
                    if problem := json.loads(answer):
                        log.warning("trial %d has no pictures: %s", job.number, problem)
                    self._left -= 1
                process.stdin.close()
                reason = f"its process ended with code {process.wait()}" if self._left else ""
                reason = reason and f"{reason}. {_last_words(errors)}"
            except Exception as error:
                reason = f"{error}. {_last_words(errors)}"
        if reason and not self._ended:
            log.warning("drawing trials' pictures came to an end: %s", reason.strip())


def _process(errors: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tailor.search.illustrate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OMP_NUM_THREADS": "1",
        },
        start_new_session=True,  # Ctrl-C at the terminal is for the sweep, which ends this one
    )


def _last_words(errors: Any) -> str:
    errors.seek(0)
    return errors.read().strip()[-2000:]  # type: ignore[no-any-return]


def _reports(trial: Trial) -> bool:
    return bool(trial.storage.get_trial(trial._trial_id).intermediate_values)


def space_in_words(parameters: Sequence[Parameter]) -> dict[str, str]:
    return {
        parameter.name: describe(parameter.distribution)
        + "".join(
            f", where {key} is {' or '.join(map(encode, accepted))}"
            for key, accepted in parameter.condition.items()
        )
        for parameter in parameters
    }


def folder_of(artifacts: bool | str, directory: Path) -> Path | None:
    """Where `hydra.sweeper.artifacts` puts pictures; None for nowhere."""
    if artifacts is False:
        return None
    return (directory / "artifacts" if artifacts is True else Path(artifacts)).absolute()
