"""What every source of images must keep, whatever it reads."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tailor.config import DataConfig
from tailor.data import LabelledImages, load, load_test
from tests.datasets import (
    random_images,
    write_cifar,
    write_csv,
    write_folder,
    write_mnist_like,
)

CSV: dict[str, Any] = {
    "train": "train.csv",
    "test": "test.csv",
    "label": None,
    "header": None,
    "delimiter": None,
    "encoding": None,
    "drop": [],
    "shape": None,
    "classes": None,
    "scale": 1,
    "test_fraction": 0.2,
    "test_seed": 13,
    "on_error": "raise",
}
NPZ: dict[str, Any] = {
    "path": "data.npz",
    "train_keys": None,
    "test_keys": None,
    "layout": None,
    "classes": None,
    "scale": 1,
    "test_fraction": 0.2,
    "test_seed": 13,
}
FOLDER: dict[str, Any] = {
    "path": ".",
    "size": 8,
    "channels": 3,
    "fit": "stretch",
    "background": "black",
    "test_fraction": 0.2,
    "test_seed": 13,
    "on_error": "raise",
}
Maker = Callable[[Path, pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Case:
    target: str
    make: Maker
    shape: tuple[int, int, int]
    sizes: tuple[int, int]
    classes: int
    arguments: dict[str, Any]


def mnist_like(dataset: str) -> Maker:
    return lambda root, patch: write_mnist_like(root, dataset, patch, train=60, test=20) and None


def csv_files(root: Path, _: pytest.MonkeyPatch) -> None:
    write_csv(root / "train.csv", *random_images(60, seed=1))
    write_csv(root / "test.csv", *random_images(20, seed=2), header=False)


def csv_zip(root: Path, patch: pytest.MonkeyPatch) -> None:
    csv_files(root, patch)
    with zipfile.ZipFile(root / "both.zip", "w") as archive:
        for name in ("train.csv", "test.csv"):
            archive.write(root / name, name)
            (root / name).unlink()


def csv_colour(root: Path, _: pytest.MonkeyPatch) -> None:
    images, targets = random_images(100, (3, 4, 4), num_classes=3)
    write_csv(root / "train.csv", images, np.array(["ant", "bee", "cow"])[targets])


def npz_keras(root: Path, _: pytest.MonkeyPatch) -> None:
    (x, y), (u, v) = random_images(60, seed=1), random_images(20, seed=2)
    np.savez_compressed(root / "data.npz", x_train=x, y_train=y, x_test=u, y_test=v)


def npz_medmnist(root: Path, _: pytest.MonkeyPatch) -> None:
    (x, y), (u, v) = random_images(60, (9, 7, 3), seed=1), random_images(20, (9, 7, 3), seed=2)
    arrays = {"train_images": x, "train_labels": y[:, None]}
    np.savez(root / "data.npz", **arrays, test_images=u, test_labels=v[:, None])


def npz_alone(root: Path, _: pytest.MonkeyPatch) -> None:
    images, targets = random_images(100, (3, 6, 6))
    np.savez(root / "data.npz", images=images / 255.0, labels=targets)


ANIMALS = ("ant", "bee", "cow")


def folders(root: Path, _: pytest.MonkeyPatch) -> None:
    for split, size in (("train", 60), ("test", 20)):
        images, targets = random_images(size, (9, 12, 3), num_classes=3, seed=size)
        write_folder(root / split, images, targets, ANIMALS)


def folder_alone(root: Path, _: pytest.MonkeyPatch) -> None:
    write_folder(root, *random_images(100, (8, 8), num_classes=3), ANIMALS)


def cifar(dataset: str) -> Maker:
    return lambda root, patch: write_cifar(root, dataset, patch, train=600, test=200) and None


def case(
    target: str,
    make: Maker,
    shape: tuple[int, int, int],
    sizes: tuple[int, int],
    classes: int,
    arguments: dict[str, Any] | None = None,
) -> Case:
    return Case(f"tailor.data.{target}", make, shape, sizes, classes, arguments or {})


GREY, COLOUR = (1, 28, 28), (3, 32, 32)
CASES = {
    "fashion_mnist": case("fashion_mnist", mnist_like("FashionMNIST"), GREY, (60, 20), 10),
    "mnist": case("mnist", mnist_like("MNIST"), GREY, (60, 20), 10),
    "kmnist": case("kmnist", mnist_like("KMNIST"), GREY, (60, 20), 10),
    "csv": case("csv", csv_files, GREY, (60, 20), 10, CSV),
    "csv in a zip": case(
        "csv",
        csv_zip,
        GREY,
        (60, 20),
        10,
        CSV | {"train": "both.zip/train.csv", "test": "both.zip/test.csv"},
    ),
    "one csv, colour": case("csv", csv_colour, (3, 4, 4), (80, 20), 3, CSV | {"test": None}),
    "npz": case("npz", npz_keras, GREY, (60, 20), 10, NPZ),
    "npz, colour": case("npz", npz_medmnist, (3, 9, 7), (60, 20), 10, NPZ),
    "npz to split, scaled": case("npz", npz_alone, (3, 6, 6), (80, 20), 10, NPZ | {"scale": 255}),
    "image_folder": case("image_folder", folders, (3, 8, 8), (60, 20), 3, FOLDER),
    "image_folder to split, grey": case(
        "image_folder",
        folder_alone,
        (1, 8, 8),
        (80, 20),
        3,
        FOLDER | {"channels": 1, "size": None},
    ),
    "cifar10": case("cifar10", cifar("CIFAR10"), COLOUR, (600, 200), 10),
    "cifar100": case("cifar100", cifar("CIFAR100"), COLOUR, (600, 200), 100, {"labels": "fine"}),
    "cifar100 coarse": case(
        "cifar100", cifar("CIFAR100"), COLOUR, (600, 200), 20, {"labels": "coarse"}
    ),
    "digits": case("digits", lambda root, patch: None, (1, 8, 8), (1437, 360), 10),
}


SEPARATE_TEST_FILES = ("fashion_mnist", "mnist", "kmnist", "csv", "image_folder")


@dataclass(frozen=True)
class Made:
    case: Case
    config: DataConfig

    def read(self, split: str) -> LabelledImages:
        if split == "test":
            return load_test(self.config)
        from tailor.data.load import _source, _source_key

        return _source(_source_key(self.config), split)


@pytest.fixture(params=CASES)
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    chosen = CASES[request.param]
    root = tmp_path / "root"
    root.mkdir()
    chosen.make(root, monkeypatch)
    source = {"_target_": chosen.target, **chosen.arguments}
    if request.param != "digits":
        source["root"] = str(root)
    return Made(chosen, DataConfig(name="x", val_fraction=0.25, split_seed=13, source=source))


def image_bytes(images: LabelledImages) -> set[bytes]:
    return {image.numpy().tobytes() for image in images.images}


class TestEverySource:
    @pytest.mark.parametrize("split", ["train", "test"])
    def test_shapes_types_and_ranges(self, made: Made, split: str) -> None:
        images = made.read(split)
        assert images.shape == made.case.shape
        assert len(images) == made.case.sizes[split == "test"]
        assert (images.images.dtype, images.targets.dtype) == (torch.uint8, torch.int64)
        assert int(images.images.max()) > 200
        assert images.images.is_contiguous()

    def test_names_are_the_same_in_both_splits(self, made: Made) -> None:
        train, test = made.read("train"), made.read("test")
        assert len(train.classes) == made.case.classes
        assert train.classes == test.classes
        assert all(isinstance(name, str) and name for name in train.classes)
        assert torch.bincount(train.targets).min() > 0

    @pytest.mark.parametrize("split", ["train", "test"])
    def test_the_same_from_the_files_and_from_the_cache(
        self, made: Made, split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, cached = made.read(split), made.read(split)
        monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "another"))
        for other in (cached, made.read(split)):
            assert torch.equal(first.images, other.images)
            assert torch.equal(first.targets, other.targets)
            assert first.classes == other.classes

    def test_train_validation_and_test_share_no_image(self, made: Made) -> None:
        splits, test = load(made.config), load_test(made.config)
        parts = [image_bytes(part) for part in (splits.train, splits.val, test)]
        assert sum(map(len, parts)) == sum(made.case.sizes) == len(set.union(*parts))

    def test_validation_is_stratified(self, made: Made) -> None:
        splits = load(made.config)
        whole = torch.bincount(torch.cat([splits.train.targets, splits.val.targets]))
        assert ((torch.bincount(splits.val.targets) - 0.25 * whole).abs() <= 1).all()

    @pytest.mark.parametrize("made", SEPARATE_TEST_FILES, indirect=True)
    def test_training_reads_no_test_file(self, made: Made, tmp_path: Path) -> None:
        for path in (tmp_path / "root").rglob("*"):
            if path.is_file() and path.name == "test.csv":  # its columns are compared
                path.write_text(path.read_text().splitlines()[0])
            elif path.is_file() and {"t10k", "test"} & set(path.stem.replace("-", " ").split()):
                path.unlink()
        for path in (tmp_path / "root" / "test").glob("*/*"):
            os.truncate(path, 0)
        assert len(load(made.config).train) == 45
