"""The analysis on a host without run directories, from uploaded results."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import optuna
import pytest
from rich.console import Console

from analysis.commands.analyze import analyze, choose
from analysis.read.restored import Restored
from analysis.read.study import StudyView
from hydra_tailor import names as sweep_names
from hydra_tailor.jobs import remote
from tailor.errors import StudyError
from tests.studies import POINTS

from .test_other_studies import composed_config

pytestmark = pytest.mark.slow

STUDY = "digits-cnn"


@pytest.fixture
def elsewhere(workplace: Path) -> Path:
    """The study's database and the directory of uploaded results, which is returned."""
    storage = f"sqlite:///{workplace}/multirun/tailor.db"
    study = optuna.load_study(study_name=STUDY, storage=storage)
    uploaded = workplace / "uploaded"
    for trial in study.trials:
        remote.upload(
            workplace / "multirun" / STUDY / str(trial.number),
            remote.url_of_trial(f"file://{uploaded}", STUDY, trial.number),
        )
        attributes = {
            sweep_names.DIRECTORY: f"/home/other/multirun/{STUDY}/{trial.number}",
            sweep_names.RESULTS_URL: remote.url_of_trial(
                f"file://{uploaded}", STUDY, trial.number
            ),
        }
        for key, value in attributes.items():
            # Jobs set these while the trial runs; Optuna rejects attributes of finished trials.
            with study._storage._backend.engine.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO trial_user_attributes (trial_id, key, value_json) "
                    "VALUES (?, ?, ?)",
                    (trial._trial_id, key, json.dumps(value)),
                )
    shutil.rmtree(workplace / "multirun" / STUDY)
    return uploaded


def restored_trial(*overrides: str) -> tuple[StudyView, Restored]:
    return choose(composed_config(*overrides), Console(quiet=True))


def accuracy(restored: Restored) -> float:
    return float(restored.evaluate(restored.load_test()).correct.mean())


def test_the_analysis_of_copies(elsewhere: Path, workplace: Path, finished_study: Path) -> None:
    out = analyze(composed_config(), Console(quiet=True)).directory
    assert out.resolve() == workplace / "multirun" / STUDY / "analysis"
    copies = workplace / "multirun" / STUDY / "fetched"
    assert len(list(copies.iterdir())) == len(POINTS)
    with_weights = {path.parent.name for path in copies.glob("*/best.pt")}
    assert len(with_weights) == 6  # all complete trials are compared
    numbers = json.loads((out / "metrics.json").read_text())
    assert numbers["runner_up"] is not None
    # With the run directories on this host, the result is the same without any copies.
    shutil.rmtree(workplace / "multirun" / STUDY)
    shutil.rmtree(elsewhere)
    shutil.copytree(finished_study / "multirun" / STUDY, workplace / "multirun" / STUDY)
    assert numbers["test"]["accuracy"] == accuracy(restored_trial()[1])


def test_histories_are_fetched_and_copies_are_kept(elsewhere: Path) -> None:
    view, restored = restored_trial()
    assert all(trial.history for trial in view.trials if trial.state != "fail")
    shutil.rmtree(elsewhere)
    assert accuracy(restored_trial()[1]) == accuracy(restored)


def test_the_directory_of_a_lost_host_is_not_used(elsewhere: Path, workplace: Path) -> None:
    """A trial that began here and ended on another host left an early epoch here."""
    expected = restored_trial()[1]
    leftover = workplace / "multirun" / STUDY / str(expected.trial.number)
    (leftover / ".hydra").mkdir(parents=True)
    (leftover / "best.pt").write_bytes(b"of the first epoch")
    restored = restored_trial()[1]
    assert restored.trial.directory.resolve() != leftover
    assert accuracy(restored) == accuracy(expected)


def test_copies_of_an_earlier_study_of_this_name_are_replaced(elsewhere: Path) -> None:
    expected = restored_trial()[1]
    result = expected.trial.directory / "result.json"
    result.write_text(json.dumps({**json.loads(result.read_text()), "seconds": 1e9}))
    (expected.trial.directory / "best.pt").write_bytes(b"of another network")
    assert accuracy(restored_trial()[1]) == accuracy(expected)


def test_neither_directory_nor_copy(elsewhere: Path) -> None:
    shutil.rmtree(elsewhere / STUDY / "0")
    with pytest.raises(StudyError, match=r"is not on this host.*hydra\.sweeper\.results_url=URL"):
        restored_trial("trial=0")
    assert restored_trial("trial=1")[1].trial.number == 1
