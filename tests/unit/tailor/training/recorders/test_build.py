from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from tailor import config as schema
from tailor.config import RunConfig
from tailor.data import DataSplits
from tailor.errors import ConfigError, TrainingError
from tailor.training import Recorder, fit
from tailor.training.checkpoint import fingerprint
from tailor.training.recorders import build, build_recorders
from tailor.training.result import Row, RunResult

ConfigOf = Callable[..., RunConfig]
TENSORBOARD = "tailor.training.recorders.TensorBoardRecorder"
HERE = f"{__name__}."


class Listing(Recorder):
    """Stores the events that it receives; fails at `fail_at`."""

    events: list[str]

    def __init__(self, *, directory: Path, config: RunConfig, fail_at: str = "") -> None:
        self.events = []
        self.directory = directory
        self._fail_at = fail_at

    def _store(self, event: str) -> None:
        self.events.append(event)
        if event == self._fail_at:
            raise ConnectionError("the server is away")

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        self._store("started")

    def finished_epoch(self, history: Sequence[Row]) -> None:
        self._store("epoch")

    def finished(self, result: RunResult) -> None:
        self._store("finished")

    def closed(self) -> None:
        self._store("closed")


def no_recorder(*, directory: Path, config: RunConfig) -> str:
    return "text"


def test_ours_are_built_each_with_the_runs_directory(config_of: ConfigOf, tmp_path: Path) -> None:
    chosen = {"tensorboard": {"_target_": TENSORBOARD}, "left_out": None}
    [recorder] = build_recorders(chosen, directory=tmp_path, config=config_of())
    assert isinstance(recorder, Recorder)
    assert build_recorders(None, directory=tmp_path, config=config_of()) == []


def test_a_missing_package_is_answered_with_the_pip_command(
    config_of: ConfigOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailor.config.recorders.find_spec", lambda package: None)
    with pytest.raises(ConfigError, match="pip install tensorboard,"):
        build_recorders(
            {"tensorboard": {"_target_": TENSORBOARD}}, directory=tmp_path, config=config_of()
        )


@pytest.mark.parametrize("name", ["tensorboard", "mlflow", "wandb"])
def test_a_missing_package_is_said_when_the_config_is_checked(
    conf_dir: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with initialize_config_dir(conf_dir):
        config = compose("train", overrides=["data=digits", f"recorders={name}", "study=s"])
    schema.chosen_recorders(config)
    monkeypatch.setattr("tailor.config.recorders.find_spec", lambda package: None)
    with pytest.raises(ConfigError, match=rf"`recorders` names {name}, which is not installed"):
        schema.chosen_recorders(config)


def test_options_add_up(conf_dir: str) -> None:
    with initialize_config_dir(conf_dir):
        config = compose(
            "train", overrides=["data=digits", "study=s", "recorders=[tensorboard,mlflow]"]
        )
    chosen = schema.chosen_recorders(config)
    assert list(chosen) == ["tensorboard", "mlflow"]
    assert chosen["mlflow"]["experiment"] == "s"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"_target_": "os.system"}, "'os.system' cannot stand here"),
        ({"_target_": TENSORBOARD, "colour": "red"}, "cannot be built: .*colour"),
        ({"colour": "red"}, "`recorders.mine` must be a mapping with the name of a class"),
    ],
)
def test_what_is_no_recorder_is_refused(
    config_of: ConfigOf, tmp_path: Path, target: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build_recorders({"mine": target}, directory=tmp_path, config=config_of())


def test_something_else_is_refused(
    config_of: ConfigOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build", lambda place, target, *, key: no_recorder)
    with pytest.raises(ConfigError, match="must build a tailor.training.Recorder, got a str"):
        build_recorders({"mine": {"_target_": "x"}}, directory=tmp_path, config=config_of())


def test_one_that_cannot_start_is_left_out_with_a_word(
    config_of: ConfigOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*, directory: Path, config: RunConfig) -> Recorder:
        raise ConnectionError("the server is away")

    monkeypatch.setattr(build, "build", lambda place, target, *, key: away)
    chosen = {"mine": {"_target_": "x"}}
    assert build_recorders(chosen, directory=tmp_path, config=config_of()) == []
    assert "recorder mine is left out: ConnectionError('the server is away')" in caplog.text


def test_recorders_are_no_part_of_what_decides_a_run(conf_dir: str) -> None:
    digests = set()
    for recorders in ("none", "tensorboard", "[tensorboard,mlflow]"):
        with initialize_config_dir(conf_dir):
            config = compose(
                "train", overrides=["data=digits", "study=s", f"recorders={recorders}"]
            )
        digests.add(fingerprint(schema.run_config(config)))
    assert len(digests) == 1


@pytest.mark.parametrize("fail_at", ["started", "epoch", "finished", "closed"])
def test_a_recorder_that_fails_does_not_end_the_run(
    config_of: ConfigOf,
    splits: DataSplits,
    tmp_path: Path,
    fail_at: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = config_of()
    failing = Listing(directory=tmp_path, config=config, fail_at=fail_at)
    result = fit(config, splits, tmp_path, recorders=[build.Shielded("mine", failing)])
    assert result.epochs_run == 2
    assert failing.events[-1] == "closed"
    assert failing.events.count(fail_at) == 1
    assert "recorder mine is left out from here on: ConnectionError" in caplog.text


def test_an_error_that_a_user_can_mend_ends_it(
    config_of: ConfigOf, splits: DataSplits, tmp_path: Path
) -> None:
    class Picky(Recorder):
        def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
            raise TrainingError("no such project")

    with pytest.raises(TrainingError, match="no such project"):
        fit(config_of(), splits, tmp_path, recorders=[build.Shielded("picky", Picky())])
