"""Analyses of unusual studies: two objectives, a single trial, damaged files."""

import json
import os
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
import torch
from hydra import compose, initialize_config_dir
from optuna.trial import create_trial
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import analyze, build_analysis, choose
from analysis.measure.collect import best_epoch
from analysis.measure.importances import MIN_TRIALS_FOR_IMPORTANCES
from analysis.read import run_files
from analysis.read.study import Trial
from hydra_tailor.storage.opening import storage_url
from tailor.data import load
from tailor.errors import DataError
from tests.datasets import random_images, write_csv
from tests.studies import CONF, POINTS, SPACE, make_study


def composed_config(*overrides):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        overrides = ["points=50", *overrides]
        return schema.analyze_config(compose("analyze", overrides=overrides))


@pytest.fixture
def working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)
    return tmp_path


def analysed(*overrides):
    config = composed_config(*overrides)
    view, restored = choose(config, Console(quiet=True))
    return build_analysis(view, restored, restored.load_test(), config, None)


def test_two_objectives_have_a_front_and_a_knee(working_directory):
    make_study(working_directory, points=POINTS[:4], objectives=("val_accuracy", "parameters"))
    analysis = analysed()
    assert analysis.findings.view.objectives == ("val_accuracy", "parameters")
    assert "Its knee is trial" in analysis.figures["front"].caption
    out = analyze(composed_config(), Console(quiet=True)).directory
    assert "Pareto front" in (out / "report.html").read_text()


def test_a_single_trial_has_no_comparisons(working_directory):
    make_study(working_directory, points=POINTS[:1])
    out = analyze(composed_config(), Console(quiet=True)).directory
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["runner_up"] is None
    assert not (out / "figures" / "history.png").exists()
    assert (out / "report.pdf").stat().st_size > 10_000


def test_flip_averaging_does_not_duplicate_features_and_layers(working_directory):
    make_study(working_directory, points=POINTS[:2], overrides=["training.tta=true"])
    analysis = analysed()
    assert analysis.evaluation.features.shape == (360, analysis.findings.summary.head_in)
    assert analysis.findings.hardest.neighbours_k == 10
    assert "embedding" in analysis.figures
    assert analysis.findings.summary.convolutions == analysis.findings.config.model["num_layers"]


@pytest.fixture
def with_augmentation(workplace):
    make_study(workplace, name="augmented", points=POINTS[:1], overrides=["augment=flip"])


@pytest.mark.usefixtures("with_augmentation")
def test_a_study_against_another_one_with_the_same_images():
    out = analyze(composed_config("study=augmented", "against=digits-cnn"), Console(quiet=True))
    against = out.findings.against
    assert against.trial.number == 4
    assert {"augment.flip._target_", "augment.flip.p"} <= against.differing.keys()
    assert not any(key.startswith("data.") for key in against.differing)
    assert against.test.difference == pytest.approx(
        out.findings.metrics.accuracy - against.accuracy
    )
    assert "Against study digits-cnn" in [section.title for section in out.document.sections]
    metrics = json.loads((out.directory / "metrics.json").read_text())
    assert metrics["against"]["accuracy"] == against.accuracy


@pytest.mark.usefixtures("with_augmentation")
def test_a_study_against_a_run_on_other_images(tmp_path):
    pixels, targets = random_images(60, (8, 8), num_classes=3)
    write_csv(tmp_path / "mine.csv", pixels, targets)
    data = [
        "data=csv",
        "data.name=mine",
        "data.source.train=mine.csv",
        "data.source.test=null",
        f"data.root={tmp_path}",
    ]
    make_study(tmp_path, name="elsewhere", points=POINTS[:2], overrides=data)
    config = composed_config("study=augmented", "against=multirun/elsewhere/1")
    out = analyze(config, Console(quiet=True))
    assert out.findings.against.view.is_single_run
    assert out.findings.against.test is None
    assert "different images (digits and mine), so no test compares" in out.document.text


def test_a_pruned_trial_can_be_looked_at(workplace):
    analysis = analysed("trial=6")
    assert not analysis.findings.is_best
    assert len(analysis.findings.history) == 1
    assert analysis.findings.chosen.state == "pruned"


STUDY = Path("multirun") / "digits-cnn"


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_result_loses_only_the_machine(workplace, content):
    best = analysed().findings.chosen
    (best.directory / "result.json").write_text(content)
    findings = analysed().findings
    assert findings.machine == {}
    assert findings.chosen.facts == best.facts


@pytest.mark.parametrize(
    "name", ["best.pt", "last.pt", "metrics.csv", "result.json", ".hydra/config.yaml"]
)
@pytest.mark.parametrize("content", [b"", b"\xff" * 50, b"[1]"], ids=["empty", "bytes", "list"])
def test_damage_of_any_trial_is_said_and_loses_only_its_part(workplace, caplog, name, content):
    run_files._warn.cache_clear()
    ranked = analysed().findings.view.ranked
    for trial in ranked[1:]:
        (trial.directory / name).write_bytes(content)
    findings = analysed().findings
    assert findings.chosen.number == ranked[0].number
    assert (findings.runner_up is None) is (name in ("best.pt", ".hydra/config.yaml"))
    if name != "last.pt":  # which no analysis reads
        assert name in caplog.text


def test_without_metrics_epochs_and_seconds_are_those_of_the_trial(workplace):
    whole = analysed("trial=1").findings
    (STUDY / "1" / "metrics.csv").unlink()
    findings = analysed("trial=1").findings
    assert findings.history == ()
    assert (findings.epochs, findings.best_epoch) == (4, whole.best_epoch)
    assert findings.seconds == whole.seconds > 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_test_split_of_a_few_images(workplace, count):
    config = composed_config("trial=0")
    view, restored = choose(config, Console(quiet=True))
    test = restored.load_test().take(torch.arange(count))
    analysis = build_analysis(view, restored, test, config, None)
    assert analysis.findings.metrics.size == count
    assert len(analysis.findings.metrics.absent) == 10 - count
    assert ("embedding" in analysis.figures) is (count == 4)


def test_the_runner_up_is_the_next_best_whose_weights_are_there(workplace):
    config = composed_config("trial=0")
    view, restored = choose(config, Console(quiet=True))
    ranking = [trial.number for trial in view.ranked]
    others = [number for number in ranking if number != 0]
    best = analysed("trial=0").findings.runner_up
    assert (best.number, best.rank, best.is_best) == (
        others[0],
        ranking.index(others[0]) + 1,
        True,
    )
    for number in others[:-1]:
        (STUDY / str(number) / "best.pt").unlink()
    for subset in (100, 200):  # more datasets than are kept
        load(replace(restored.config.data, subset=subset))
    last = build_analysis(view, restored, restored.load_test(), config, None).findings.runner_up
    assert (last.number, last.rank, last.is_best) == (others[-1], 6, False)
    comparison = last.comparison
    mine, theirs = (view.trials[number].values[0] for number in (0, last.number))
    assert comparison.difference == pytest.approx(mine - theirs)
    assert comparison.low <= comparison.difference <= comparison.high


def test_enough_trials_have_importances(workplace):
    """Trials without files count too."""
    study = optuna.load_study(study_name="digits-cnn", storage=storage_url())
    for index in range(MIN_TRIALS_FOR_IMPORTANCES):
        study.add_trial(
            create_trial(
                value=index / 100,
                params={**dict(zip(SPACE, POINTS[0], strict=True)), "optimizer.lr": 0.4},
                distributions=SPACE,
            )
        )
    analysis = analysed()
    assert set(analysis.findings.importances.shares) == set(SPACE)
    assert "importances" in analysis.figures


@pytest.mark.parametrize(
    ("objective", "epoch"), [("val_accuracy", 2), ("val_loss", 4), ("seconds", 2)]
)
def test_the_best_epoch_of_a_run_without_a_record(objective, epoch):
    rows = [(0.8, 0.5), (0.9, 0.4), (0.9, 0.45), (0.85, 0.3)]
    history = tuple(
        {"epoch": number, "val_accuracy": accuracy, "val_loss": loss}
        for number, (accuracy, loss) in enumerate(rows, start=1)
    )
    trial = Trial(0, "complete", (0.9,), {}, {}, history, Path())
    assert best_epoch(trial, [objective]) == epoch


@pytest.mark.real_data
def test_data_of_another_form_are_rejected(workplace):
    if "TAILOR_DATA_DIR" not in os.environ:
        pytest.skip("TAILOR_DATA_DIR does not name the directory of Fashion-MNIST")
    with pytest.raises(DataError, match=r"trained on 10 classes .*\[1, 8, 8\].*\[1, 28, 28\]"):
        analysed("data=fashion_mnist")
