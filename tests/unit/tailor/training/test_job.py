from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tailor import names
from tailor.config import RunConfig
from tailor.data import LabelledImages, load_test
from tailor.errors import DataError
from tailor.training import job

ConfigOf = Callable[..., RunConfig]


@pytest.fixture
def test_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The datasets whose test split was read."""
    reads: list[str] = []

    def counting(config: object) -> LabelledImages:
        reads.append(config.name)  # type: ignore[attr-defined]
        return load_test(config)  # type: ignore[arg-type]

    monkeypatch.setattr(job, "load_test", counting)
    return reads


def test_a_search_never_reads_the_test_split(
    config_of: ConfigOf, tmp_path: Path, test_reads: list[str]
) -> None:
    value = job.run_job(config_of("training.epochs=1"), directory=tmp_path, searching=True)
    assert test_reads == []
    result = json.loads((tmp_path / names.RESULT_FILE).read_text())
    assert result["test"] is None
    assert value == result["val_accuracy"]


def test_a_single_run_reads_the_test_split_once_and_writes_what_it_gave(
    config_of: ConfigOf, tmp_path: Path, test_reads: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    job.run_job(config_of("training.epochs=1"), directory=tmp_path, searching=False)
    assert test_reads == ["digits"]
    test = json.loads((tmp_path / names.RESULT_FILE).read_text())["test"]
    assert set(test) == {"accuracy", "loss"}
    assert f"test accuracy {test['accuracy']:.2%}" in capsys.readouterr().out


def test_an_unreadable_test_split_does_not_cost_the_training(
    config_of: ConfigOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(config: object) -> LabelledImages:
        raise DataError("te.csv, row 8: damaged.")

    directory = tmp_path / "a run"
    directory.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(job, "load_test", damaged)
        with pytest.raises(DataError, match="row 8: damaged. The training is kept.*hydra.run.dir"):
            job.run_job(config_of("training.epochs=1"), directory=directory, searching=False)
    before = (directory / names.METRICS_FILE).read_text()
    job.run_job(config_of("training.epochs=1"), directory=directory, searching=False)
    assert (directory / names.METRICS_FILE).read_text() == before
    assert json.loads((directory / names.RESULT_FILE).read_text())["test"] is not None


def test_several_objectives_give_their_values_in_their_order(
    config_of: ConfigOf, tmp_path: Path
) -> None:
    config = config_of("training.epochs=1", "objective=[val_loss,parameters]")
    values = job.run_job(config, directory=tmp_path, searching=True)
    result = json.loads((tmp_path / names.RESULT_FILE).read_text())
    assert values == [result["val_loss"], result["parameters"]]


def test_a_list_of_one_objective_gives_a_number(config_of: ConfigOf, tmp_path: Path) -> None:
    """A search in one direction takes nothing else."""
    config = config_of("training.epochs=1", "objective=[val_loss]")
    value = job.run_job(config, directory=tmp_path, searching=True)
    assert value == json.loads((tmp_path / names.RESULT_FILE).read_text())["val_loss"]
