"""Each dataset of `conf/data`, composed from command-line overrides and trained on."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from sklearn.model_selection import train_test_split

from tailor import config as schema
from tailor.config import RunConfig
from tailor.data import load, load_test
from tailor.hydra_files import write_hydra_files
from tailor.training import fit
from tests.datasets import (
    random_images,
    write_cifar,
    write_csv,
    write_folder,
)

CONF = Path(__file__).parents[2] / "conf"
GROUPS = sorted(path.stem for path in (CONF / "data").glob("*.yaml"))
AUGMENTS = sorted(path.stem for path in (CONF / "augment").glob("*.yaml"))
MODELS = sorted({path.stem for path in (CONF / "model").glob("*.yaml")} - {"torchvision"})


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TAILOR_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def run_config(*overrides: str) -> RunConfig:
    schema.register()
    with initialize_config_dir(str(CONF)):
        return schema.run_config(compose("train", list(overrides)))


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_names_a_source_and_exactly_its_arguments(group: str, root: Path) -> None:
    data = run_config(f"data={group}").data
    assert data.name == group
    module, _, name = data.source["_target_"].rpartition(".")
    function = getattr(importlib.import_module(module), name)
    assert {*data.source, "split"} == {*inspect.signature(function).parameters, "_target_"}
    assert data.source.get("root") in (None, str(root))


def test_the_classic_split_from_the_command_line(root: Path) -> None:
    images, targets = random_images(500, (4, 4), seed=5)
    for name in ("train.csv", "test.csv"):
        write_csv(root / name, images, targets)
    files = ("data.source.train=train.csv", "data.source.test=test.csv")
    split = ("data.val_fraction=0.2", "data.split_seed=13", "data.stratify=false")
    splits = load(run_config("data=csv", *files, *split).data)
    theirs = train_test_split(images, targets, test_size=0.2, random_state=13)
    for part, pixels, labels in zip(
        (splits.train, splits.val), theirs[:2], theirs[2:], strict=True
    ):
        mine = zip(map(bytes, part.images.numpy()), part.targets.tolist(), strict=True)
        assert sorted(mine) == sorted(zip(map(bytes, pixels), labels.tolist(), strict=True))


def test_on_error_reaches_the_source(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_folder(root / "images", *random_images(60, (8, 8), num_classes=3), ("a", "b", "c"))
    (root / "images" / "a" / "0000.png").write_bytes(b"")
    config = run_config("data=image_folder", "data.source.size=8", "data.on_error=skip").data
    splits = load(config)
    assert len(splits.train) + len(splits.val) + len(load_test(config)) == 59
    assert "skipped 1 image (data.on_error=skip)" in caplog.text
    assert "0000.png: the file is empty" in caplog.text


def test_a_subset_keeps_the_test_split_whole() -> None:
    config = run_config("data=digits", "data.subset=100").data
    splits = load(config)
    assert (len(splits.train), len(splits.val), len(load_test(config))) == (80, 20, 360)


def fitted(config: RunConfig, directory: Path) -> dict[str, Any]:
    result = fit(config, load(config.data), directory).as_dict()
    return {key: result[key] for key in ("val_accuracy", "val_loss", "parameters")}


SMALL = (
    "data=cifar100",
    "model.num_layers=1",
    "model.neurons=4",
    "training.epochs=1",
    "training.device=cpu",
    "training.threads=1",
)


@pytest.mark.parametrize("augment", AUGMENTS)
def test_colour_and_a_hundred_classes_through_every_augmentation(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, augment: str
) -> None:
    write_cifar(root, "CIFAR100", monkeypatch, train=500, test=100)
    words = [*SMALL, f"augment={augment}"]
    if augment == "distil":
        teacher = run_config(*SMALL)
        fitted(teacher, tmp_path / "teacher")
        files = {"config.yaml": OmegaConf.to_yaml(asdict(teacher))}
        write_hydra_files(tmp_path / "teacher", files)
        words.append(f"augment.distil.runs=[{tmp_path / 'teacher'}]")
    numbers = fitted(run_config(*words), tmp_path / "run")
    assert np.isfinite(numbers["val_loss"])


@pytest.mark.parametrize("model", MODELS)
def test_colour_and_a_hundred_classes_through_every_model(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    write_cifar(root, "CIFAR100", monkeypatch, train=500, test=100)
    numbers = fitted(run_config(*SMALL, f"model={model}"), tmp_path / "run")
    assert np.isfinite(numbers["val_loss"])
    assert numbers["parameters"] > 4 * 100  # a head of a hundred classes on four features


def test_the_cifar100_experiment_trains(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cifar(root, "CIFAR100", monkeypatch, train=500, test=100)
    config = run_config("experiment=cifar100", "training.epochs=1", "model.neurons=4")
    assert config.data.name == "cifar100"
    assert np.isfinite(fitted(config, tmp_path / "run")["val_loss"])


def test_the_cifar100_experiments_space_replaces_the_default_one() -> None:
    schema.register()
    with initialize_config_dir(str(CONF)):
        composed = compose("train", ["experiment=cifar100"], return_hydra_config=True)
        default = compose("train", return_hydra_config=True)
    ours, theirs = (
        OmegaConf.to_container(config.hydra.sweeper.params, resolve=False)
        for config in (composed, default)
    )
    assert set(ours) == set(theirs)
    assert not set(ours.items()) & set(theirs.items())
    assert composed.hydra.sweeper.epoch_budget >= 10 * composed.training.epochs


@pytest.mark.parametrize("experiment", ["cifar100", "fashion95_search"])
def test_a_typed_search_replaces_that_of_an_experiment(experiment: str) -> None:
    schema.register()
    with initialize_config_dir(str(CONF)):
        own, typed, quick = (
            compose("train", overrides, return_hydra_config=True).hydra.sweeper
            for overrides in (
                [f"experiment={experiment}"],
                [f"experiment={experiment}", "search=quick"],
                ["search=quick"],
            )
        )
    for key in ("params", "n_trials", "epoch_budget"):
        assert typed[key] == quick[key]
    assert own.params != quick.params
