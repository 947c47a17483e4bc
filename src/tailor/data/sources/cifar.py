"""CIFAR-10 and CIFAR-100, read from their authors' archives without extracting them."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.readers.plain_pickle import read_plain_pickle
from tailor.data.sources.download import fetch_dataset, verify
from tailor.errors import DataError
from tailor.torchvision_parts import import_torchvision

SHAPE = (3, 32, 32)
MAX_MEMBER_BYTES = 1 << 28
"""The largest published member, `train` of CIFAR-100, has 155 million bytes."""
FILE_NAME = {"CIFAR10": "cifar-10-python.tar.gz", "CIFAR100": "cifar-100-python.tar.gz"}


def cifar10(*, split: str, root: str) -> LabelledImages:
    """Read CIFAR-10 from `root/cifar-10-python.tar.gz`; a missing archive is downloaded first.

    Args:
        split: `train` (50,000 colour images of 32 x 32 pixels) or `test` (10,000).
        root: directory of datasets; only a download writes into it.

    Raises:
        DataError: the archive is missing and cannot be downloaded, or is damaged.
    """
    return _read("CIFAR10", "labels", "label_names", split=split, root=root)


def cifar100(*, split: str, root: str, labels: str) -> LabelledImages:
    """Read CIFAR-100 from `root/cifar-100-python.tar.gz`; otherwise like `cifar10`.

    Args:
        split: `train` or `test`.
        root: directory of datasets.
        labels: `fine`, 100 classes, or `coarse`, their 20 groups.

    Raises:
        DataError: as for `cifar10`, or `labels` is neither of the two.
    """
    if labels not in ("fine", "coarse"):
        raise DataError(f"data.source.labels must be fine or coarse, got {labels!r}.")
    return _read("CIFAR100", f"{labels}_labels", f"{labels}_label_names", split=split, root=root)


def _read(
    dataset: str, labels_key: str, names_key: str, *, split: str, root: str
) -> LabelledImages:
    path = Path(root) / FILE_NAME[dataset]
    if not path.is_file():
        _download(dataset, path)
    return cached(
        f"{dataset}-{split}",
        files=[path],
        settings={"path": str(path.absolute()), "labels": labels_key},
        decode=lambda: _decode(dataset, path, split, labels_key, names_key),
    )


def _decode(
    dataset: str, path: Path, split: str, labels_key: str, names_key: str
) -> LabelledImages:
    published = getattr(import_torchvision().datasets, dataset)
    verify(path, published.tgz_md5)  # before it is opened, because it contains pickles
    listed = published.train_list if split == "train" else published.test_list
    batches = [f"{published.base_folder}/{name}" for name, _ in listed]
    meta = f"{published.base_folder}/{published.meta['filename']}"
    members = read_members(path, {*batches, meta})
    return assemble(
        [members[name] for name in batches], members[meta], labels_key, names_key, where=str(path)
    )


def read_members(path: Path, names: Collection[str]) -> dict[str, bytes]:
    """Read some files of a `.tar.gz` into memory, without extracting any.

    Raises:
        DataError: the archive is damaged, lacks a file, or declares an implausible size.
    """
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:  # a stream: forged offsets have no effect
            for member in archive:
                if member.name not in names or not member.isreg():
                    continue
                if not 0 <= member.size <= MAX_MEMBER_BYTES:
                    raise DataError(f"{path}: {member.name} declares {member.size:,} bytes.")
                file = archive.extractfile(member)
                assert file is not None
                contents[member.name] = file.read()
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error or type(error).__name__}.") from error
    missing = sorted(set(names) - set(contents))
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}.")
    return contents


def assemble(
    batches: list[bytes], meta: bytes, labels_key: str, names_key: str, *, where: str
) -> LabelledImages:
    """Combine pickled batches into one dataset.

    Args:
        batches: pickles of dictionaries with `data`, [N, 3072] bytes, and a list of N labels.
        meta: pickle of a dictionary with the list of the classes' names.
        labels_key: key of the labels in a batch.
        names_key: key of the names in `meta`.
        where: the archive, for error messages.

    Raises:
        DataError: a pickle is damaged or lacks these values.
    """
    try:
        tables = [read_plain_pickle(batch) for batch in batches]
        names = _entry(read_plain_pickle(meta), names_key, list)
        images = [_images(_entry(table, "data", np.ndarray)) for table in tables]
        labels = [label for table in tables for label in _entry(table, labels_key, list)]
        if not all(isinstance(name, str) for name in names):
            raise DataError(f"{names_key} must all be strings")
        if not all(type(label) is int and 0 <= label < len(names) for label in labels):
            raise DataError(f"{labels_key} must all be integers below {len(names)}")
    except DataError as error:
        raise DataError(f"{where} cannot be read: {str(error).rstrip('.')}.") from error
    return LabelledImages(
        images=torch.from_numpy(np.concatenate(images)),
        targets=torch.tensor(labels, dtype=torch.int64),
        classes=tuple(names),
    )


def _entry(table: Mapping[str, Any], key: str, kind: type) -> Any:
    value = table.get(key)
    if not isinstance(value, kind):
        raise DataError(f"{key!r} must be a {kind.__name__}, got {type(value).__name__}")
    return value


def _images(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if data.ndim != 2 or data.shape[1] != np.prod(SHAPE):
        raise DataError(f"images must be [N, {np.prod(SHAPE)}] bytes, got {list(data.shape)}")
    return data.reshape(-1, *SHAPE)


def _download(dataset: str, path: Path) -> None:
    published = getattr(import_torchvision().datasets, dataset)
    fetch_dataset(path, urls=[published.url], md5=published.tgz_md5, holds=path.name)
