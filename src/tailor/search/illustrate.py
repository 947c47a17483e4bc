"""A process that draws finished trials' pictures and writes their notes, out of everybody's way.

    python -m tailor.search.illustrate

The first line of its input says which study; then each line names a finished trial, and is
answered by a line when that is done. It ends with its input. Doing a trial twice changes nothing.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import TextIO

import optuna
from omegaconf import OmegaConf
from optuna.exceptions import ExperimentalWarning
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial
from optuna_dashboard import get_note, save_note

from tailor import names
from tailor.commit import git_commit
from tailor.confusion import read_confusion
from tailor.errors import TailorError
from tailor.files import read_json
from tailor.search import pictures
from tailor.search.artifacts import ArtifactFolder, fill, open_folder, reserved
from tailor.search.messages import Job, Opening
from tailor.search.notes import study_note, trial_note
from tailor.search.storage import open_storage

LOWEST_PRIORITY = 19
THREADS = "training.threads"


def main(source: TextIO, answers: TextIO) -> None:
    opening = Opening(**json.loads(source.readline()))
    study = optuna.load_study(
        study_name=opening.study, storage=open_storage(opening.storage), pruner=None
    )
    folder = open_folder(Path(opening.folder))
    _introduce(study, opening)
    for line in source:
        problem = ""
        try:
            _illustrate(study, folder, Job(**json.loads(line)))
        except Exception as error:  # a picture is never worth a trial
            problem = str(error) if isinstance(error, TailorError) else traceback.format_exc()
        answers.write(json.dumps(problem) + "\n")
        answers.flush()


def _introduce(study: Study, opening: Opening) -> None:
    if get_note(study):
        return  # a study that is continued; or somebody wrote a note of their own
    note = study_note(
        space=opening.space,
        fixed=opening.fixed,
        typed=opening.typed,
        goals=opening.goals,
        commit=git_commit(),
    )
    save_note(study, note)
    if "objective" in opening.fixed and len(opening.goals) == len(study.directions):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names(list(opening.goals))  # in place of "Objective 0"


def _illustrate(study: Study, folder: ArtifactFolder, job: Job) -> None:
    identity = study._storage.get_trial_id_from_study_id_trial_number(study._study_id, job.number)
    trial = study._storage.get_trial(identity)
    artifacts = reserved(trial, study._storage)
    directory = Path(trial.user_attrs.get(names.DIRECTORY, ""))
    if names.CURVES_PICTURE in artifacts:
        fill(folder, artifacts[names.CURVES_PICTURE], _curves(trial, directory))
    if names.VAL_CONFUSION_PICTURE in artifacts:
        found = read_confusion(directory / names.VAL_CONFUSION_FILE)
        fill(folder, artifacts[names.VAL_CONFUSION_PICTURE], pictures.confusion(found))
    note = trial_note(
        trial,
        command=[*job.command, *_pinned(directory)],
        working_directory=Path.cwd(),
    )
    save_note(Trial(study, identity), note)  # last: a trial with a note is done


def _curves(trial: FrozenTrial, directory: Path) -> bytes:
    file = directory / names.METRICS_FILE
    if not file.exists():
        return pictures.reports(trial.intermediate_values)
    with file.open(newline="") as lines:
        history = [
            {column: float(row[column]) for column in names.METRIC_COLUMNS}
            for row in csv.DictReader(lines)
        ]
    return pictures.curves(history, best_epoch=trial.user_attrs.get(names.BEST_EPOCH))


def _pinned(directory: Path) -> list[str]:
    """The number of threads, where the run took what it found: sums depend on it."""
    config, result = directory / names.HYDRA_DIR / names.CONFIG_FILE, directory / names.RESULT_FILE
    if not config.exists() or not result.exists():
        return []
    if OmegaConf.select(OmegaConf.load(config), THREADS, default=0) is not None:
        return []
    threads = read_json(result).get("machine", {}).get("threads")
    return [f"{THREADS}={threads}"] if threads else []


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    main(sys.stdin, sys.stdout)
