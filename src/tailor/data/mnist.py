"""Fashion-MNIST, from the four files that Zalando published."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import torch

from tailor.data.idx import read_idx
from tailor.data.images import LabelledImages
from tailor.data.torchvision_parts import import_torchvision
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE

PREFIX = {"train": "train", "test": "t10k"}


def fashion_mnist(*, split: str, root: str) -> LabelledImages:
    """Read Fashion-MNIST out of `root/FashionMNIST/raw`, downloading it first where it is missing.

    Args:
        split: `train` (60,000 images) or `test` (10,000).
        root: directory of datasets; only a download writes into it.

    Raises:
        DataError: a file is missing and cannot be downloaded, or its checksum is wrong.
    """
    dataset = import_torchvision().datasets.FashionMNIST
    raw = Path(root) / "FashionMNIST" / "raw"
    checksums = dict(dataset.resources)
    names = [f"{PREFIX[split]}-images-idx3-ubyte.gz", f"{PREFIX[split]}-labels-idx1-ubyte.gz"]
    paths = []
    for name in names:
        path = raw / name
        if not path.is_file():
            _download(dataset, path, checksums[name])
        _verify(path, checksums[name])
        paths.append(path)
    images = read_idx(paths[0], ndim=3)
    targets = read_idx(paths[1], ndim=1)
    return LabelledImages(
        images=torch.from_numpy(images).unsqueeze(1),
        targets=torch.from_numpy(targets).long(),
        classes=tuple(dataset.classes),
    )


def _verify(path: Path, expected: str) -> None:
    got = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if got != expected:
        raise DataError(
            f"{path} is damaged: its MD5 sum must be {expected}, got {got}. Remove the file; the "
            "next start downloads it again."
        )


def _download(dataset: Any, path: Path, checksum: str) -> None:
    from torchvision.datasets.utils import download_url

    errors = []
    for mirror in dataset.mirrors:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-") as directory:
                download_url(mirror + path.name, directory, md5=checksum)
                (Path(directory) / path.name).replace(path)
            return
        except (OSError, RuntimeError) as error:
            errors.append(f"{mirror}: {error}")
    raise DataError(
        f"{path.name} is not in {path.parent.absolute()} and could not be downloaded "
        f"({'; '.join(errors)}). Set {DATA_DIR_VARIABLE} to the directory that holds "
        "FashionMNIST/raw, or try data=digits, which needs no download."
    )
