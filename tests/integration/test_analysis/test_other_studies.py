"""Studies of another kind: two objectives, one trial, other data to test on."""

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
from analysis.read.study import Trial
from hydra_tailor.storage.opening import storage_url
from tailor.data import load
from tailor.errors import DataError
from tests.studies import CONF, POINTS, SPACE, make_study


def asked(*overrides):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        overrides = ["points=50", *overrides]
        return schema.analyze_config(compose("analyze", overrides=overrides))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)
    return tmp_path


def gathered(*overrides):
    config = asked(*overrides)
    view, restored = choose(config, Console(quiet=True))
    return build_analysis(view, restored, restored.load_test(), config, None)


def test_two_objectives_have_a_front_and_a_knee(place):
    make_study(place, points=POINTS[:4], objectives=("val_accuracy", "parameters"))
    found = gathered()
    assert found.findings.view.objectives == ("val_accuracy", "parameters")
    assert "Its knee is trial" in found.figures["front"].caption
    out = analyze(asked(), Console(quiet=True))
    assert "Pareto front" in (out / "report.html").read_text()


def test_one_trial_is_analysed_without_what_needs_several(place):
    make_study(place, points=POINTS[:1])
    out = analyze(asked(), Console(quiet=True))
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["runner_up"] is None
    assert not (out / "figures" / "history.png").exists()
    assert (out / "report.pdf").stat().st_size > 10_000


def test_flip_averaging_asks_the_network_twice_and_is_analysed_once(place):
    make_study(place, points=POINTS[:2], overrides=["training.tta=true"])
    found = gathered()
    assert found.evaluation.features.shape == (360, found.findings.summary.head_in)
    assert found.findings.hardest.neighbours_k == 10
    assert "embedding" in found.figures
    assert found.findings.summary.convolutions == found.findings.config.model["num_layers"]


def test_a_pruned_trial_can_be_looked_at(workplace):
    found = gathered("trial=6")
    assert not found.findings.is_best
    assert len(found.findings.history) == 1
    assert found.findings.chosen.state == "pruned"


STUDY = Path("multirun") / "digits-cnn"


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_result_costs_what_it_alone_tells(workplace, content):
    best = gathered().findings.chosen
    (best.directory / "result.json").write_text(content)
    facts = gathered().findings
    assert facts.machine == {}
    assert facts.chosen.facts == best.facts


def test_without_metrics_the_trial_s_facts_tell_epochs_and_seconds(workplace):
    whole = gathered("trial=1").findings
    (STUDY / "1" / "metrics.csv").unlink()
    facts = gathered("trial=1").findings
    assert facts.history == ()
    assert (facts.epochs, facts.best_epoch) == (4, whole.best_epoch)
    assert facts.seconds == whole.seconds > 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_test_split_of_a_few_images(workplace, count):
    config = asked("trial=0")
    view, restored = choose(config, Console(quiet=True))
    test = restored.load_test().take(torch.arange(count))
    found = build_analysis(view, restored, test, config, None)
    assert found.findings.metrics.size == count
    assert len(found.findings.metrics.absent) == 10 - count
    assert ("embedding" in found.figures) is (count == 4)


def test_the_runner_up_is_the_next_best_whose_weights_are_there(workplace):
    config = asked("trial=0")
    view, restored = choose(config, Console(quiet=True))
    ranking = [trial.number for trial in view.ranked]
    others = [number for number in ranking if number != 0]
    best = gathered("trial=0").findings.runner_up
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
    found = last.comparison
    mine, theirs = (view.trials[number].values[0] for number in (0, last.number))
    assert found.difference == pytest.approx(mine - theirs)
    assert found.difference_low <= found.difference <= found.difference_high


def test_enough_trials_have_importances(workplace):
    """Trials whose files are gone count too."""
    study = optuna.load_study(study_name="digits-cnn", storage=storage_url())
    for value in (0.1, 0.2, 0.3, 0.4):
        study.add_trial(
            create_trial(
                value=value, params=dict(zip(SPACE, POINTS[0], strict=True)), distributions=SPACE
            )
        )
    found = gathered()
    assert set(found.findings.view.importances) == set(SPACE)
    assert "importances" in found.figures


@pytest.mark.parametrize(
    ("objective", "epoch"), [("val_accuracy", 2), ("val_loss", 4), ("seconds", 2)]
)
def test_the_best_epoch_of_a_run_that_did_not_say(objective, epoch):
    rows = [(0.8, 0.5), (0.9, 0.4), (0.9, 0.45), (0.85, 0.3)]
    history = tuple(
        {"epoch": number, "val_accuracy": accuracy, "val_loss": loss}
        for number, (accuracy, loss) in enumerate(rows, start=1)
    )
    trial = Trial(0, "complete", (0.9,), {}, {}, history, Path())
    assert best_epoch(trial, [objective]) == epoch


@pytest.mark.real_data
def test_data_of_another_form_are_refused(workplace):
    if "TAILOR_DATA_DIR" not in os.environ:
        pytest.skip("TAILOR_DATA_DIR does not name the directory of Fashion-MNIST")
    with pytest.raises(DataError, match=r"trained on 10 classes .*\[1, 8, 8\].*\[1, 28, 28\]"):
        gathered("data=fashion_mnist")
