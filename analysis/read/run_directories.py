"""Where the files of trials are for this host: run directories, or copies of what was uploaded."""

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
READ_OF_ALL = (  # of every trial; the weights follow for those that are restored
    f"{names.HYDRA_DIR}/{names.CONFIG_FILE}",
    names.METRICS_FILE,
    names.RESULT_FILE,  # the last to appear: it vouches for the others
)


def locate(study: Study, trials: Sequence[FrozenTrial]) -> dict[int, Path]:
    """Return the directory of each trial by its number, after fetching what is not on this host.

    Raises:
        StudyError: the place of a trial's results cannot be read.
    """
    found, wanted = {}, {}
    for trial in trials:
        directory, place = _on_this_host(study, trial), results_url_of(trial)
        if place is not None and not _holds(directory, trial):
            directory = _below(study) / FETCHED_DIR / str(trial.number)
            if not _holds(directory, trial):
                shutil.rmtree(directory, ignore_errors=True)  # of an earlier study of this name
                wanted[place] = directory
        found[trial.number] = directory
    remote.fetch(wanted, READ_OF_ALL)
    return found


def results_url_of(trial: FrozenTrial) -> str | None:
    """The URL to which a finished trial's results were copied."""
    return trial.user_attrs.get(sweep_names.RESULTS_URL) if trial.state in FINISHED else None


def study_directory(directory: Path) -> Path:
    """The study's directory, given a trial's; what the analysis makes lies in it."""
    parent = directory.parent
    return parent.parent if parent.name == FETCHED_DIR else parent


def _on_this_host(study: Study, trial: FrozenTrial) -> Path:
    """What the search recorded; a study moved here from another place is found below multirun."""
    recorded = trial_directory(study, trial)
    here = _below(study) / str(trial.number)
    return recorded if recorded.exists() or not here.exists() else here


def _below(study: Study) -> Path:
    return Path("multirun") / study.study_name


def _holds(directory: Path, trial: FrozenTrial) -> bool:
    """Whether these are the files of the run that finished the trial.

    A run that was lost with its host may have left a directory of the same name on another one.
    """
    if trial.state is TrialState.FAIL:
        return directory.exists()
    result = read_result(directory)
    return bool(result) and all(
        result.get(key) == trial.user_attrs.get(key) for key in names.RESULT_ATTRIBUTES
    )
