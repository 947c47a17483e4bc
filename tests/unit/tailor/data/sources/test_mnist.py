from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tailor.data.sources import mnist
from tailor.errors import DataError
from tailor.torchvision_parts import import_torchvision
from tests.datasets import IDX_NAMES, idx_bytes, publish, random_images, write_mnist_like

SOURCES = {"FashionMNIST": mnist.fashion_mnist, "MNIST": mnist.mnist, "KMNIST": mnist.kmnist}


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return write_mnist_like(tmp_path / "data", "FashionMNIST", monkeypatch)


@pytest.mark.parametrize("dataset", SOURCES)
def test_reads_the_four_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: str
) -> None:
    write_mnist_like(tmp_path, dataset, monkeypatch, train=60, test=20)
    for split, size in (("train", 60), ("test", 20)):
        images, targets = random_images(size, seed=size)
        for _ in range(2):  # decoded, then from the cache
            result = SOURCES[dataset](split=split, root=str(tmp_path))
            assert torch.equal(result.images[:, 0], torch.from_numpy(images))
            assert torch.equal(result.targets, torch.from_numpy(targets).long())
            assert len(result.classes) == 10


def test_nothing_is_written_beside_the_four_files(raw: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in raw.rglob("*")}
    for split in ("train", "test"):
        mnist.fashion_mnist(split=split, root=str(raw.parents[1]))
    assert {path: path.stat().st_mtime_ns for path in raw.rglob("*")} == before


def test_the_test_files_are_not_needed_to_train(raw: Path) -> None:
    for name in IDX_NAMES["test"]:
        (raw / name).unlink()
    assert len(mnist.fashion_mnist(split="train", root=str(raw.parents[1]))) == 60


def test_no_network_and_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = import_torchvision().datasets.FashionMNIST
    monkeypatch.setattr(dataset, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DataError) as caught:
        mnist.fashion_mnist(split="train", root=str(tmp_path))
    for part in (str(tmp_path / "FashionMNIST" / "raw"), "TAILOR_DATA_DIR", "data=digits"):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", IDX_NAMES["train"])
def test_a_damaged_file_is_named_with_both_checksums(raw: Path, name: str) -> None:
    with (raw / name).open("ab") as file:
        file.write(b"x")
    expected = rf"{re.escape(name)} is damaged: its MD5 sum must be [0-9a-f]{{32}}, got [0-9a-f]"
    with pytest.raises(DataError, match=expected):
        mnist.fashion_mnist(split="train", root=str(raw.parents[1]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(59) % 10, "60 images and 59 labels"),
        (np.full(60, 10), "labels from 10 to 10"),
    ],
    ids=["lengths", "range"],
)
def test_labels_that_do_not_fit(
    raw: Path, monkeypatch: pytest.MonkeyPatch, labels: np.ndarray, message: str
) -> None:
    content = gzip.compress(idx_bytes(labels.astype(np.uint8)))
    (raw / IDX_NAMES["train"][1]).write_bytes(content)
    publish(raw, "FashionMNIST", monkeypatch)
    with pytest.raises(DataError, match=message):
        mnist.fashion_mnist(split="train", root=str(raw.parents[1]))


def test_a_read_only_directory(raw: Path) -> None:
    raw.chmod(0o500)
    try:
        if os.access(raw, os.W_OK):
            pytest.skip("this user may write to any directory")
        assert len(mnist.fashion_mnist(split="train", root=str(raw.parents[1]))) == 60
    finally:
        raw.chmod(0o700)


def test_a_moved_directory_is_decoded_from_its_new_place(raw: Path, tmp_path: Path) -> None:
    first = mnist.fashion_mnist(split="train", root=str(raw.parents[1]))
    shutil.move(raw.parents[1], tmp_path / "moved")
    second = mnist.fashion_mnist(split="train", root=str(tmp_path / "moved"))
    assert torch.equal(first.images, second.images)
