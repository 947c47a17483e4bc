"""`tailor.fit`, `sweep`, `analyze` and `predict` in a plain Python."""

import logging
import os
import sys
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from PIL import Image

import tailor
from analysis.notebook import Run, Search
from tailor.data.sources.digits import digits
from tailor.errors import ConfigError, StudyError, TailorError, TrainingError
from tailor.names import HYDRA_DIR

DIGITS = ["data=digits", "training.epochs=1", "model.neurons=8"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(autouse=True)
def _inside(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)


@pytest.fixture(scope="module")
def run(directory: Path) -> Run:
    before = Path.cwd()
    os.chdir(directory)
    try:
        return tailor.fit([*DIGITS, "hydra.run.dir=run"])
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def search(directory: Path) -> Search:
    before = Path.cwd()
    os.chdir(directory)
    try:
        return tailor.sweep(
            [*DIGITS, "search=quick", "hydra.sweeper.n_trials=2", "hydra.launcher.workers=1"],
            study="api",
        )
    finally:
        os.chdir(before)


def test_a_run_tells_its_result_and_shows_its_curves(run: Run, directory: Path) -> None:
    assert run.directory == directory / "run"
    assert len(run.history) == 1
    assert f"{run.result['test']['accuracy']:.2%}" in repr(run)
    shown = run._repr_html_()
    assert f"{run.result['test']['accuracy']:.2%}" in shown
    assert "data:image/png;base64," in shown


def test_the_same_config_and_seed_give_the_result_of_the_command(
    run: Run, directory: Path, root: Path
) -> None:
    import json
    import subprocess

    subprocess.run(
        [sys.executable, str(root / "src" / "train.py"), *DIGITS, "hydra.run.dir=command"],
        check=True,
        cwd=directory,
        capture_output=True,
    )
    result = json.loads((directory / "command" / "result.json").read_text())
    assert result["test"] == run.result["test"]


def test_a_call_leaves_nothing_of_hydra_behind(run: Run) -> None:
    root = logging.getLogger()
    before = sys.argv[:], root.handlers[:], root.level, HydraConfig.instance().cfg
    tailor.fit([*DIGITS, "hydra.run.dir=run"])  # complete already: nothing is trained
    assert (sys.argv, root.handlers, root.level, HydraConfig.instance().cfg) == before
    assert not GlobalHydra.instance().is_initialized()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.epochs=0"], "`training.epochs` must be 1 or more, got 0"),
        (["modle=cnn"], "Did you mean `model`?"),
        (["+model.neuron=3"], "Did you mean `model.neurons`"),
    ],
)
def test_a_wrong_key_or_value(
    overrides: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError) as raised:
        tailor.fit(["data=digits", *overrides])
    assert message in str(raised.value)
    assert "Error executing job" not in capfd.readouterr().err
    with pytest.raises(ConfigError):
        tailor.sweep(["data=digits", "search=quick", *overrides], study="wrong")


def test_a_text_is_one_override() -> None:
    with pytest.raises(ConfigError, match="there is no key `epochs`. Type `training.epochs=3`"):
        tailor.fit("epochs=3")
    with pytest.raises(ConfigError, match="no key `trial`|'trial' not in"):
        tailor.sweep("trial.epochs=3")
    with pytest.raises(ConfigError, match="'trail' not in 'AnalyzeConfig'"):
        tailor.analyze(None, "trail=3")


@pytest.mark.parametrize(
    "override", ["optimizer.learning_rate=3", "+training.epoch=3", "training.epochs=1,2"]
)
def test_an_error_is_one_paragraph_that_does_not_advise_what_is_refused(override: str) -> None:
    with pytest.raises(ConfigError) as refused:
        tailor.fit([*DIGITS, override])
    message = str(refused.value)
    assert "\n" not in message
    assert "+optimizer" not in message
    assert "multirun" not in message


def test_a_run_of_another_config_is_refused_and_unchanged(run: Run) -> None:
    files = {file: file.read_bytes() for file in (run.directory / HYDRA_DIR).iterdir()}
    with pytest.raises(TrainingError, match="holds a run of another config.*`seed` was 0, is 1"):
        tailor.fit([*DIGITS, "seed=1", "hydra.run.dir=run"])
    assert {file: file.read_bytes() for file in files} == files


def test_a_run_that_cannot_begin_leaves_the_earlier_one_unchanged(run: Run) -> None:
    files = {file: file.read_bytes() for file in (run.directory / HYDRA_DIR).iterdir()}
    for wrong in ("model.neurons=0", "data.subset=5", "+augment.flip={_target_: none.Such}"):
        with pytest.raises(TailorError):
            tailor.fit([*DIGITS, wrong, "hydra.run.dir=run"])
        assert {file: file.read_bytes() for file in files} == files, wrong


def test_a_search_shows_its_best_trials(search: Search) -> None:
    assert repr(search) == "Search(api: 2 of 2 trials complete)"
    assert search.objectives == ("val_accuracy",)
    assert search.best.value == search.optuna.best_value
    shown = search._repr_html_()
    assert "val accuracy" in shown
    assert f"{search.best.value:.5g}" in shown


def test_the_same_call_again_continues(search: Search) -> None:
    again = tailor.sweep(
        [*DIGITS, "search=quick", "hydra.sweeper.n_trials=3", "hydra.launcher.workers=1"],
        study="api",
    )
    assert again == search
    assert len(search.optuna.trials) == 3


def test_an_analysis_shows_the_report(search: Search, directory: Path) -> None:
    analysis = tailor.analyze(search)
    assert analysis.directory.samefile(directory / "multirun" / "api" / "analysis")
    assert (analysis.directory / "report.pdf").exists()
    assert analysis.answer in repr(analysis)
    whole = analysis._repr_html_()
    for title in analysis.sections:
        assert title in whole
    test = analysis.section("test")._repr_html_()
    assert whole.count("<img") > test.count("<img") > 0
    assert test in whole
    assert analysis.figure("confusion_matrix").data[0].type == "heatmap"
    with pytest.raises(ConfigError, match="no figure 'nothing'. These exist: .*confusion_matrix"):
        analysis.figure("nothing")
    with pytest.raises(ConfigError, match="no section 'nothing'"):
        analysis.section("nothing")


def test_predictions_are_those_of_the_study(search: Search, directory: Path) -> None:
    path = directory / "digit <0>.png"
    Image.fromarray(digits(split="test").images[0, 0].numpy() * 15).save(path)
    predictions = tailor.predict(path, search)
    assert predictions.probabilities.shape == (1, 10)
    assert predictions.labels == [predictions.classes[int(predictions.probabilities[0].argmax())]]
    assert str(path) in repr(predictions)
    assert "digit &lt;0&gt;.png" in predictions._repr_html_()
    with pytest.raises(ConfigError, match="needs one image file or more"):
        tailor.predict([], search)


def test_an_unknown_study_is_an_error(search: Search) -> None:
    with pytest.raises(StudyError, match="no study 'other'"):
        tailor.analyze("other")


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tune'"):
        _ = tailor.tune  # type: ignore[attr-defined]
