"""Distillation: what finished runs predict becomes part of the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from tailor.config import RunConfig
from tailor.data import LabelledImages
from tailor.data.batches import Normalise
from tailor.data.load import load
from tailor.errors import ConfigError, DamagedFile
from tailor.hydra_files import write_hydra_files
from tailor.names import BEST_FILE
from tailor.training import Distil, fit, restore
from tailor.training.evaluate import predict
from tailor.training.tta import asked_once

ConfigOf = Callable[..., RunConfig]
CPU = torch.device("cpu")


@pytest.fixture
def run_of(config_of: ConfigOf, tmp_path: Path) -> Callable[..., Path]:
    """Train a run of the digits, with averaging over mirror images."""

    def train(*overrides: str) -> Path:
        config = config_of("augment=flip", "training.tta=true", "training.epochs=1", *overrides)
        directory = tmp_path / f"teacher-{config.seed}"
        fit(config, load(config.data), directory)
        write_hydra_files(directory, {"config.yaml": OmegaConf.to_yaml(asdict(config))})
        return directory

    return train


def of_digits(config_of: ConfigOf) -> LabelledImages:
    return load(config_of().data).train


def test_a_target_is_a_mixture_of_the_label_and_the_mean_prediction(
    run_of: Callable[..., Path], config_of: ConfigOf
) -> None:
    runs = [run_of("seed=0"), run_of("seed=1")]
    digits = of_digits(config_of)
    step = Distil([str(run) for run in runs], 0.25)
    step.prepare(digits, CPU)
    images = digits.images[:6]
    labels = torch.eye(10)[digits.targets[:6]]
    same, targets = step(images, labels, torch.Generator())
    assert same is images
    expected = torch.zeros(6, 10)
    for run in runs:
        config = config_of("augment=flip", "training.tta=true", "training.epochs=1")
        splits = load(config.data)
        network = asked_once(restore(run, config, splits))
        normalise = Normalise(splits.mean, splits.std, device=CPU)
        expected += predict(network, images, normalise).softmax(1) / 2
    torch.testing.assert_close(targets, 0.75 * labels + 0.25 * expected)
    assert not targets.is_inference()  # a loss keeps it for its backward pass


def test_a_network_learns_from_predictions_alone(
    run_of: Callable[..., Path], config_of: ConfigOf, tmp_path: Path
) -> None:
    run = run_of("training.epochs=4")
    distil = ["augment=distil", f"augment.distil.runs=[{run}]", "augment.distil.weight=1.0"]
    config = config_of(*distil, "training.epochs=3")
    splits = load(config.data)
    assert fit(config, splits, tmp_path / "one").val_accuracy > 0.5
    assert (
        fit(config, splits, tmp_path / "two").val_loss
        == fit(config, splits, tmp_path / "one").val_loss
    )  # the same again, bit for bit


@pytest.mark.parametrize(
    ("runs", "weight", "message"),
    [
        ([], 0.5, r"runs` must be a list of directories .* got \[\]"),
        ("here", 0.5, "must be a list of directories .* got 'here'"),
        ([3], 0.5, r"must be a list .* got \[3\]"),
        (["nowhere"], 0.5, "runs` must be .*: nowhere has no best.pt"),
        (["."], 0, r"weight` must be above 0 and at most 1, got 0"),
        (["."], 1.5, "got 1.5"),
        (["."], True, "got True"),
    ],
)
def test_what_cannot_teach_is_refused(
    runs: object, weight: float, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / BEST_FILE).touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        Distil(runs, weight)  # type: ignore[arg-type]


def test_a_run_of_other_images_or_a_damaged_one_is_named(
    run_of: Callable[..., Path], config_of: ConfigOf
) -> None:
    run = run_of()
    digits = of_digits(config_of)
    step = Distil([str(run)], 0.5)
    named = LabelledImages(digits.images, digits.targets, tuple("abcdefghij"))
    with pytest.raises(ConfigError, match="8 x 8, a, b.* was trained on 1 x 8 x 8, 0, 1"):
        step.prepare(named, CPU)
    (run / BEST_FILE).write_bytes(b"nothing")
    with pytest.raises(DamagedFile, match="best.pt"):
        step.prepare(digits, CPU)
