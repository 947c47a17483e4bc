"""MNIST and datasets in the same format, each from its four original files."""

from __future__ import annotations

from pathlib import Path

import torch

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.readers.idx import read_idx
from tailor.data.sources.download import fetch_dataset, verify
from tailor.torchvision_parts import import_torchvision

PREFIX = {"train": "train", "test": "t10k"}


def fashion_mnist(*, split: str, root: str) -> LabelledImages:
    """Read Fashion-MNIST from `root/FashionMNIST/raw`; missing files are downloaded first.

    Args:
        split: `train` (60,000 images) or `test` (10,000).
        root: directory of datasets; only a download writes into it.

    Raises:
        DataError: a file is missing and cannot be downloaded, or is damaged.
    """
    return _read("FashionMNIST", split=split, root=root)


def mnist(*, split: str, root: str) -> LabelledImages:
    """Read MNIST from `root/MNIST/raw`; otherwise like `fashion_mnist`."""
    return _read("MNIST", split=split, root=root)


def kmnist(*, split: str, root: str) -> LabelledImages:
    """Read Kuzushiji-MNIST from `root/KMNIST/raw`; otherwise like `fashion_mnist`."""
    return _read("KMNIST", split=split, root=root)


def _read(dataset: str, *, split: str, root: str) -> LabelledImages:
    """Read a dataset by its name in torchvision, which is also the name of its directory."""
    raw = Path(root) / dataset / "raw"
    names = [f"{PREFIX[split]}-images-idx3-ubyte.gz", f"{PREFIX[split]}-labels-idx1-ubyte.gz"]
    for name in names:
        if not (raw / name).is_file():
            _download(dataset, raw / name)
    return cached(
        f"{dataset}-{split}",
        files=[raw / name for name in names],
        settings={"raw": str(raw.absolute())},
        decode=lambda: _decode(dataset, *(raw / name for name in names)),
    )


def _decode(dataset: str, images_path: Path, labels_path: Path) -> LabelledImages:
    published = getattr(import_torchvision().datasets, dataset)
    checksums = dict(published.resources)
    for path in (images_path, labels_path):
        verify(path, checksums[path.name])
    images, targets = read_idx(images_path, ndim=3), read_idx(labels_path, ndim=1)
    return LabelledImages(
        images=torch.from_numpy(images).unsqueeze(1),
        targets=torch.from_numpy(targets).long(),
        classes=tuple(published.classes),
    )


def _download(dataset: str, path: Path) -> None:
    published = getattr(import_torchvision().datasets, dataset)
    fetch_dataset(
        path,
        urls=[mirror + path.name for mirror in published.mirrors],
        md5=dict(published.resources)[path.name],
        holds=f"{dataset}/raw",
    )
