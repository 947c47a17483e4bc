"""Studies of another kind: two objectives, one trial, other data to test on."""

import json
import os

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis import config as schema
from analysis.analyze import analyze, choose
from analysis.gather import gather
from tailor.errors import DataError
from tests.studies import CONF, POINTS, make_study


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
    return gather(view, restored, restored.load_test(), config, None)


def test_two_objectives_have_a_front_and_a_knee(place):
    make_study(place, points=POINTS[:4], objectives=("val_accuracy", "parameters"))
    found = gathered()
    assert found.facts.view.objectives == ("val_accuracy", "parameters")
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
    assert found.evaluation.features.shape == (360, found.facts.summary.head_in)
    assert found.facts.hardest.neighbours_k == 10
    assert "embedding" in found.figures
    assert found.facts.summary.convolutions == found.facts.config.model["num_layers"]


def test_a_pruned_trial_can_be_looked_at(workplace):
    found = gathered("trial=6")
    assert not found.facts.is_best
    assert len(found.facts.history) == 1
    assert found.facts.chosen.state == "pruned"


@pytest.mark.real_data
def test_data_of_another_form_are_refused(workplace):
    if "TAILOR_DATA_DIR" not in os.environ:
        pytest.skip("TAILOR_DATA_DIR does not name the directory of Fashion-MNIST")
    with pytest.raises(DataError, match=r"trained on 10 classes .*\[1, 8, 8\].*\[1, 28, 28\]"):
        gathered("data=fashion_mnist")
