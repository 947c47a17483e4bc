"""The directories of trials on this host: run directories, or copies of uploaded results."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from analysis.read.run_files import read_result
from hydra_tailor import names as sweep_names
from hydra_tailor.jobs import remote
from hydra_tailor.study.outcome import FINISHED
from hydra_tailor.study.stored import trial_directory
from tailor import names

FETCHED_DIR = "fetched"
SMALL_FILES = (  # fetched for every trial; the weights only for those that are restored
    f"{names.HYDRA_DIR}/{names.CONFIG_FILE}",
    names.METRICS_FILE,
    names.RESULT_FILE,  # written last: its presence means that the others are complete
)


def run_directories(study: Study, trials: Sequence[FrozenTrial]) -> dict[int, Path]:
    """Return the directory of each trial by its number, fetching results from other hosts.

    Raises:
        StudyError: the URL of a trial's results cannot be read.
    """
    directories, missing = {}, {}
    for trial in trials:
        directory, url = _local_directory(study, trial), results_url_of(trial)
        if url is not None and not _is_of_trial(directory, trial):
            directory = _directory_below_multirun(study) / FETCHED_DIR / str(trial.number)
            if not _is_of_trial(directory, trial):
                shutil.rmtree(directory, ignore_errors=True)  # of an earlier study of this name
                missing[url] = directory
        directories[trial.number] = directory
    remote.fetch(missing, SMALL_FILES)
    return directories


def results_url_of(trial: FrozenTrial) -> str | None:
    """The URL to which a finished trial's results were copied."""
    return trial.user_attrs.get(sweep_names.RESULTS_URL) if trial.state in FINISHED else None


def study_directory(directory: Path) -> Path:
    """The study's directory, given a trial's. The analysis writes into it."""
    parent = directory.parent
    return parent.parent if parent.name == FETCHED_DIR else parent


def _local_directory(study: Study, trial: FrozenTrial) -> Path:
    """The recorded directory, or the one below multirun if the study was moved to this host."""
    recorded = trial_directory(study, trial)
    moved = _directory_below_multirun(study) / str(trial.number)
    return recorded if recorded.exists() or not moved.exists() else moved


def _directory_below_multirun(study: Study) -> Path:
    return Path("multirun") / study.study_name


def _is_of_trial(directory: Path, trial: FrozenTrial) -> bool:
    """Whether the directory holds the files of the run that finished the trial.

    If a trial was continued on another host, the first host still has a directory for it.
    """
    if trial.state is TrialState.FAIL:
        return directory.exists()
    result = read_result(directory)
    return bool(result) and all(
        result.get(key) == trial.user_attrs.get(key) for key in names.RESULT_ATTRIBUTES
    )
