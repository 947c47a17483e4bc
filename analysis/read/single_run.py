"""A single run, read as a study of one trial without a search space."""

from __future__ import annotations

from pathlib import Path

from analysis.read.run_files import read_history, read_result
from analysis.read.study import COMPLETE, PRUNED, StudyView, Trial
from tailor import names
from tailor.errors import StudyError
from tailor.training.stored_config import read_run_config


def read_run(directory: Path) -> StudyView:
    """Read the directory of a run, `outputs/STUDY/TIME` or a trial's.

    Raises:
        StudyError: it holds no finished run.
        DamagedFile: its config cannot be read.
    """
    if not directory.is_dir():
        raise StudyError(
            f"`run` must be the directory of a run, got {directory}, which "
            f"{'is a file' if directory.exists() else 'does not exist'}. A run prints its "
            "directory at its end: outputs/NAME/TIME."
        )
    objectives = read_run_config(directory).objectives
    result = read_result(directory)
    if any(result.get(name) is None for name in objectives):
        raise StudyError(
            f"the run in {directory} did not come to its end: {names.RESULT_FILE} is missing or "
            f"holds no {', '.join(objectives)}. To continue it, type the command of the run with "
            f"hydra.run.dir={directory}"
        )
    pruned = result.get("status") == PRUNED
    run = Trial(
        number=0,
        state=PRUNED if pruned else COMPLETE,
        values=() if pruned else tuple(float(result[name]) for name in objectives),
        params={},
        facts={key: result[key] for key in names.RESULT_ATTRIBUTES if key in result},
        history=tuple(read_history(directory)),
        directory=directory,
    )
    return StudyView(
        name=str(directory),
        objectives=objectives,
        maximize=tuple(names.DIRECTIONS[name] == "maximize" for name in objectives),
        trials=(run,),
        spaces={},
        is_single_run=True,
        run_read_test=result.get("test") is not None,
    )
