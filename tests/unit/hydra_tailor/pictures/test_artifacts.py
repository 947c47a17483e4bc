from pathlib import Path

import optuna
import pytest
from optuna.artifacts import download_artifact, get_all_artifact_meta
from optuna_dashboard.artifact._backend import list_trial_artifacts

from hydra_tailor.pictures.artifacts import attach, fill, open_folder, reserve, reserved
from tailor.errors import TailorError


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return optuna.create_study(storage=f"sqlite:///{tmp_path}/study.db")


def test_an_announced_artifact_is_optunas_own_once_it_is_filled(
    study: optuna.Study, tmp_path: Path
) -> None:
    folder = open_folder(tmp_path / "artifacts")
    trial = study.ask()
    reserve(trial, study._storage, ["a.png", "b.png"])
    study.tell(trial, 1.0)
    finished = study.trials[0]
    assert sorted(reserved(finished, study._storage)) == ["a.png", "b.png"]
    fill(folder, reserved(finished, study._storage)["a.png"], b"picture")
    metas = get_all_artifact_meta(finished, storage=study._storage)
    [meta] = [meta for meta in metas if meta.filename == "a.png"]
    assert meta.mimetype == "image/png"
    download_artifact(
        artifact_store=folder, file_path=str(tmp_path / "out"), artifact_id=meta.artifact_id
    )
    assert (tmp_path / "out").read_bytes() == b"picture"


def test_what_is_announced_twice_is_there_once(study: optuna.Study) -> None:
    trial = study.ask()
    reserve(trial, study._storage, ["a.png"])
    before = reserved(trial, study._storage)
    reserve(trial, study._storage, ["a.png", "b.png"])
    after = reserved(trial, study._storage)
    assert after["a.png"] == before["a.png"]
    assert len(get_all_artifact_meta(trial)) == 2


def test_a_file_of_a_finished_trial_is_shown_and_replaced(
    study: optuna.Study, tmp_path: Path
) -> None:
    folder = open_folder(tmp_path / "artifacts")
    study.tell(study.ask(), 1.0)
    for content in (b"first", b"second"):
        attach(folder, study, study.trials[0], {"test.png": content, "f1.png": content})
    attrs = study._storage.get_study_system_attrs(study._study_id)
    shown = list_trial_artifacts(attrs, {}, study.trials[0])  # as the dashboard reads it
    assert sorted(one["filename"] for one in shown) == ["f1.png", "test.png"]
    files = list((tmp_path / "artifacts").iterdir())
    assert [file.read_bytes() for file in files] == [b"second", b"second"]


def test_a_folder_that_cannot_be_used_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TailorError, match=r"file, is a file\. Name another one with TAILOR_PICT"):
        open_folder(tmp_path / "file")
    with pytest.raises(TailorError, match="cannot be created"):
        open_folder(tmp_path / "file" / "below")
