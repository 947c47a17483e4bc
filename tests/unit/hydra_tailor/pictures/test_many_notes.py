"""Which trials of a large study have a note: optuna-dashboard reads all of them for each trial."""

from __future__ import annotations

import io
import json
from pathlib import Path

import optuna
import pytest
from optuna.study import Study
from optuna.trial import TrialState
from optuna_dashboard import get_note

from hydra_tailor import names
from hydra_tailor.internals.optuna import storage_of
from hydra_tailor.pictures import illustrator, process
from hydra_tailor.pictures.artifacts import open_folder, reserve
from hydra_tailor.pictures.illustrator import Illustrator
from hydra_tailor.pictures.messages import FinishedTrial, Opening, line_of
from hydra_tailor.storage.opening import open_storage

PICTURE = "curves.png"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Five trials, of which 2 and 4 were the best when they ended; two notes are always made."""
    for module in (illustrator, process):
        monkeypatch.setattr(module, "MAX_NOTES", 2)
    study = optuna.create_study(
        storage=open_storage(f"sqlite:///{tmp_path}/s.db"), study_name="s", direction="maximize"
    )
    for number, value in enumerate((1.0, 2.0, 4.0, 3.0, 5.0)):
        trial = study.ask()
        directory = tmp_path / str(number)
        directory.mkdir()
        trial.set_user_attr(names.DIRECTORY, str(directory))
        trial.report(value, 1)
        reserve(trial, storage_of(study), [PICTURE])
        study.tell(trial, value)
    return study


def opening(tmp_path: Path) -> Opening:
    return Opening(
        storage=f"sqlite:///{tmp_path}/s.db",
        study="s",
        folder=str(tmp_path / "pictures"),
        content=None,
        space={},
        fixed={},
        typed=[],
        goals={},
    )


def draw(tmp_path: Path, *numbers: int) -> None:
    lines = [opening(tmp_path), *(FinishedTrial(number, ["python"]) for number in numbers)]
    answers = io.StringIO()
    process.main(io.StringIO("".join(map(line_of, lines))), answers)
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [""] * len(numbers)


def test_later_trials_have_a_note_only_as_the_best(study: Study, tmp_path: Path) -> None:
    draw(tmp_path, 0, 1, 2, 3, 4)
    trials = study.get_trials(deepcopy=False)
    noted = [
        trial.number
        for trial in trials
        if get_note(optuna.trial.Trial(study, trial._trial_id)) != ""
    ]
    assert noted == [0, 1, 4]  # 2 was beaten before its turn came
    assert all(trial.state == TrialState.COMPLETE for trial in trials)


def test_a_later_trial_with_its_pictures_is_not_drawn_again(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path, 0, 3)
    drawn: list[int] = []
    monkeypatch.setattr(Illustrator, "draw", lambda self, trial: drawn.append(trial.number))
    Illustrator(opening(tmp_path), lambda trial: []).begin(study, study.get_trials())
    assert drawn == [1, 2, 4]


def test_a_removed_picture_is_drawn_again(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path, 0, 1, 2, 3, 4)
    folder = open_folder(tmp_path / "pictures")
    artifact = optuna.artifacts.get_all_artifact_meta(study.trials[3], storage=storage_of(study))
    folder.remove(artifact[0].artifact_id)
    drawn: list[int] = []
    monkeypatch.setattr(Illustrator, "draw", lambda self, trial: drawn.append(trial.number))
    Illustrator(opening(tmp_path), lambda trial: []).begin(study, study.get_trials())
    assert drawn == [3]
