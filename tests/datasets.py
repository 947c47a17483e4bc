"""Small datasets in the real formats, for tests."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tailor.data import LabelledImages
from tailor.data.torchvision_parts import import_torchvision

IDX_NAMES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    header = bytes([0, 0, 0x08, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def random_images(
    size: int, shape: tuple[int, ...] = (28, 28), *, num_classes: int = 10, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (size, *shape), dtype=np.uint8)
    return images, (np.arange(size) % num_classes).astype(np.uint8)


def labelled(size: int = 40, *, num_classes: int = 4, seed: int = 0) -> LabelledImages:
    images, targets = random_images(size, (1, 5, 6), num_classes=num_classes, seed=seed)
    return LabelledImages(
        torch.from_numpy(images),
        torch.from_numpy(targets).long(),
        tuple(f"class {index}" for index in range(num_classes)),
    )


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def write_mnist_like(
    root: Path, dataset: str, monkeypatch: pytest.MonkeyPatch, *, train: int = 60, test: int = 20
) -> Path:
    """Write the four files below `root` and make their checksums the published ones."""
    raw = root / dataset / "raw"
    raw.mkdir(parents=True)
    for split, size in (("train", train), ("test", test)):
        arrays = random_images(size, seed=size)
        for name, array in zip(IDX_NAMES[split], arrays, strict=True):
            (raw / name).write_bytes(gzip.compress(idx_bytes(array), mtime=0))
    publish(raw, dataset, monkeypatch)
    return raw


def publish(raw: Path, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the checksums of the files in `raw` the ones that torchvision knows."""
    resources = [(path.name, md5(path)) for path in sorted(raw.glob("*.gz"))]
    published = getattr(import_torchvision().datasets, dataset)
    monkeypatch.setattr(published, "resources", resources)
