"""The background process that draws the pictures and writes the notes of finished trials.

    python -m hydra_tailor.pictures.process

The first line of its input describes the study. Each later line names a finished trial; the
process answers with a line when it is done with that trial. The process ends when its input ends.
Drawing a trial twice changes nothing.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import TextIO

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from optuna_dashboard import get_note, save_note

from hydra_tailor import names
from hydra_tailor.commit import git_commit
from hydra_tailor.errors import TailorError
from hydra_tailor.internals.optuna import id_of_number, storage_of, study_id
from hydra_tailor.pictures.artifacts import ArtifactFolder, fill, open_folder, reserved
from hydra_tailor.pictures.content import Content, content_of
from hydra_tailor.pictures.messages import MAX_NOTES, FinishedTrial, Opening
from hydra_tailor.pictures.notes import study_note, trial_note
from hydra_tailor.storage.opening import open_storage

LOWEST_PRIORITY = 19


def main(source: TextIO, answers: TextIO) -> None:
    """Draw until the input ends.

    Args:
        source: lines of JSON; see `messages`.
        answers: receives one line of JSON per trial: what went wrong, or an empty text.
    """
    opening = Opening(**json.loads(source.readline()))
    study = optuna.load_study(
        study_name=opening.study, storage=open_storage(opening.storage), pruner=None
    )
    folder = open_folder(Path(opening.folder))
    content = content_of(opening.content)
    _introduce(study, opening, content)
    for line in source:
        problem = ""
        try:
            _illustrate(study, folder, content, FinishedTrial(**json.loads(line)))
        except Exception as error:  # a missing picture must not stop the search
            problem = str(error) if isinstance(error, TailorError) else traceback.format_exc()
        answers.write(json.dumps(problem) + "\n")
        answers.flush()


def _introduce(study: Study, opening: Opening, content: Content) -> None:
    if get_note(study):
        return  # the study is continued, or somebody wrote a note
    note = study_note(
        facts=content.study_facts(opening.fixed),
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
            study.set_metric_names(list(opening.goals))  # instead of "Objective 0"


def _illustrate(
    study: Study, folder: ArtifactFolder, content: Content, finished: FinishedTrial
) -> None:
    storage = storage_of(study)
    identity = id_of_number(study, finished.number)
    trial = storage.get_trial(identity)
    directory = Path(trial.user_attrs.get(names.DIRECTORY, ""))
    for picture, artifact in reserved(trial, storage).items():
        fill(folder, artifact, content.draw(picture, trial, directory))
    if not _has_note(study, trial):
        return
    note = trial_note(
        trial,
        facts=content.trial_facts(trial),
        command=[*finished.command, *content.pinned_overrides(directory)],
        working_directory=Path.cwd(),
    )
    save_note(Trial(study, identity), note)  # last: a trial with a note is done


def _has_note(study: Study, trial: FrozenTrial) -> bool:
    """Whether a trial gets a note: the first ones do, and later ones that are the best so far."""
    if trial.number < MAX_NOTES:
        return True
    best = trial.state == TrialState.COMPLETE and len(study.directions) == 1
    return best and storage_of(study).get_best_trial(study_id(study)).number == trial.number


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    main(sys.stdin, sys.stdout)
