import io
import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from optuna_dashboard._note import get_note_from_system_attrs

from hydra_tailor.pictures.artifacts import reserve, reserved
from hydra_tailor.pictures.messages import FinishedTrial, Opening, line_of
from hydra_tailor.pictures.process import main
from tailor import names
from tailor.confusion import write_confusion


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study_in(workdir: Path) -> optuna.Study:
    return optuna.create_study(
        storage=f"sqlite:///{workdir}/study.db", study_name="s", load_if_exists=True
    )


def finish(study: optuna.Study, state: TrialState, files: list[str], **facts: Any) -> None:
    trial = study.ask()
    for epoch in (1, 2):
        trial.report(epoch, epoch)
    for key, value in facts.items():
        trial.set_user_attr(key, value)
    reserve(trial, study._storage, files)
    study.tell(trial, 1.0 if state is TrialState.COMPLETE else None, state=state)


def draw(workdir: Path, *numbers: int) -> list[str]:
    opening = Opening(
        storage=f"sqlite:///{workdir}/study.db",
        study="s",
        folder=str(workdir / "artifacts"),
        content="tailor.dashboard.TrainingContent",
        space={"x": "[0, 1]"},
        fixed={"objective": "val_accuracy"},
        typed=[],
        goals={"val_accuracy": "maximize"},
    )
    jobs = [
        line_of(FinishedTrial(number, ["python", "p.py", f"x={number}"])) for number in numbers
    ]
    answers = io.StringIO()
    main(io.StringIO(line_of(opening) + "".join(jobs)), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def note_of(study: optuna.Study, number: int | None) -> str:
    attrs = study._storage.get_study_system_attrs(study._study_id)
    trial_id = None if number is None else study.trials[number]._trial_id
    return str(get_note_from_system_attrs(attrs, trial_id)["body"])


def test_every_kind_of_trial_gets_its_pictures_and_its_note(workdir: Path) -> None:
    study = study_in(workdir)
    run = workdir / "run"
    run.mkdir()
    header = ",".join(names.METRIC_COLUMNS)
    (run / names.METRICS_FILE).write_text(f"{header}\n{'1,' * 7}1\n")
    write_confusion(run / names.VAL_CONFUSION_FILE, ("a", "b"), [[1, 0], [0, 1]])
    both = [names.CURVES_PICTURE, names.VAL_CONFUSION_PICTURE]
    finish(study, TrialState.COMPLETE, both, directory=str(run))
    finish(study, TrialState.PRUNED, [names.CURVES_PICTURE], directory=str(workdir / "gone"))
    finish(study, TrialState.FAIL, [], fail_reason="no memory")
    assert draw(workdir, 0, 1, 2) == ["", "", ""]
    files = {file.name: file for file in (workdir / "artifacts").iterdir()}
    assert len(files) == 3
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files.values())
    for number in (0, 1):
        assert set(reserved(study.trials[number], study._storage).values()) <= files.keys()
    assert "python p.py x=0\n" in note_of(study, 0)
    assert "| run directory | `run` |" in note_of(study, 0)
    assert note_of(study, 1).startswith("**Pruned** after epoch 2")
    assert note_of(study, 2).startswith("**Failed** after epoch 2: no memory")
    assert "| `x` | [0, 1] |" in note_of(study, None)
    assert study.metric_names == ["val_accuracy"]


def test_a_trial_that_is_drawn_twice_has_its_pictures_once(workdir: Path) -> None:
    study = study_in(workdir)
    finish(study, TrialState.COMPLETE, [names.CURVES_PICTURE])
    draw(workdir, 0)
    note = note_of(study, 0)
    draw(workdir, 0, 0)
    assert len(list((workdir / "artifacts").iterdir())) == 1
    assert note_of(study, 0) == note


def test_a_trial_whose_files_are_damaged_does_not_end_the_others(workdir: Path) -> None:
    study = study_in(workdir)
    (workdir / names.VAL_CONFUSION_FILE).write_text("not, a\nmatrix\n")
    finish(study, TrialState.COMPLETE, [names.VAL_CONFUSION_PICTURE], directory=str(workdir))
    finish(study, TrialState.COMPLETE, [names.CURVES_PICTURE])
    problem, fine = draw(workdir, 0, 1)
    assert problem
    assert fine == ""
    assert note_of(study, 1)
    assert not note_of(study, 0)  # so that a later start tries again


def test_a_note_that_is_there_is_left_alone(workdir: Path) -> None:
    from optuna_dashboard import save_note

    study = study_in(workdir)
    save_note(study, "mine")
    draw(workdir)
    assert note_of(study, None) == "mine"


def test_the_number_of_threads_is_part_of_the_command_where_a_run_took_what_it_found(
    workdir: Path,
) -> None:
    study = study_in(workdir)
    for number, threads in enumerate(("null", "2")):
        run = workdir / str(number)
        (run / names.HYDRA_DIR).mkdir(parents=True)
        config = run / names.HYDRA_DIR / names.CONFIG_FILE
        config.write_text(f"training:\n  threads: {threads}\n")
        (run / names.RESULT_FILE).write_text('{"machine": {"threads": 3}}')
        finish(study, TrialState.COMPLETE, [], directory=str(run))
    draw(workdir, 0, 1)
    assert "python p.py x=0 training.threads=3\n" in note_of(study, 0)
    assert "python p.py x=1\n" in note_of(study, 1)
