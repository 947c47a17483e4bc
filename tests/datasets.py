"""Small datasets in the real formats, for tests."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tailor.data import LabelledImages
from tailor.torchvision_parts import import_torchvision

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


def write_csv(
    path: Path, images: NDArray[np.uint8], targets: NDArray[Any], *, header: bool = True
) -> None:
    size = int(np.prod(images.shape[1:]))
    lines = ["label," + ",".join(f"pixel{index + 1}" for index in range(size))] if header else []
    for target, image in zip(targets, images.reshape(len(images), -1).tolist(), strict=True):
        lines.append(f"{target}," + ",".join(map(str, image)))
    path.write_text("\n".join(lines) + "\n")


def write_folder(
    folder: Path, images: NDArray[np.uint8], targets: NDArray[Any], classes: tuple[str, ...]
) -> None:
    """Write [N, H, W] or [N, H, W, 3] pixels as PNG files, a folder a class."""
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for index, (image, target) in enumerate(zip(images, targets, strict=True)):
        Image.fromarray(image).save(folder / classes[target] / f"{index:04}.png")


def python2_pickle(value: Any) -> bytes:
    """Pickle as Python 2 with protocol 2 did: the form of the CIFAR archives."""
    memo = 0

    def put() -> bytes:
        nonlocal memo
        memo += 1
        return b"q" + bytes([memo]) if memo < 256 else b"r" + struct.pack("<I", memo)

    def text(content: bytes) -> bytes:
        if len(content) < 256:
            return b"U" + bytes([len(content)]) + content + put()
        return b"T" + struct.pack("<i", len(content)) + content + put()

    def item(value: Any) -> bytes:
        if isinstance(value, str):
            return text(value.encode())
        if isinstance(value, int):
            return b"K" + bytes([value]) if value < 256 else b"J" + struct.pack("<i", value)
        if isinstance(value, list):
            return b"]" + put() + b"(" + b"".join(map(item, value)) + b"e"
        if isinstance(value, dict):
            pairs = b"".join(item(key) + item(entry) for key, entry in value.items())
            return b"}" + put() + b"(" + pairs + b"u"
        assert isinstance(value, np.ndarray)
        empty = (
            b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put()
        ) + (b"K\x00\x85" + put() + b"U\x01b" + put() + b"\x87" + put() + b"R" + put())
        shape = b"".join(map(item, value.shape)) + b"\x86" + put()
        dtype = b"cnumpy\ndtype\n" + put() + b"U\x02u1" + put() + b"K\x00K\x01\x87" + put()
        dtype += b"R" + put() + b"(K\x03U\x01|" + put() + b"NNN" + b"J\xff\xff\xff\xff" * 2
        dtype += b"K\x00t" + put() + b"b"
        state = b"(K\x01" + shape + dtype + b"\x89" + text(value.tobytes()) + b"t" + put()
        return empty + state + b"b"

    return b"\x80\x02" + item(value) + b"."


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def write_cifar(
    root: Path, dataset: str, monkeypatch: pytest.MonkeyPatch, *, train: int = 200, test: int = 100
) -> Path:
    """Write an archive in the authors' format and make its checksum the published one."""
    published = getattr(import_torchvision().datasets, dataset)
    folder, members = published.base_folder, {}
    fine = 10 if dataset == "CIFAR10" else 100
    for listed, size in ((published.train_list, train), (published.test_list, test)):
        images, targets = random_images(size, (3072,), num_classes=fine, seed=size)
        for part, (name, _) in enumerate(listed):
            rows = slice(part * size // len(listed), (part + 1) * size // len(listed))
            labels = [int(target) for target in targets[rows]]
            batch: dict[str, Any] = {"batch_label": name, "data": images[rows]}
            batch["filenames"] = [f"{index}.png" for index in range(len(labels))]
            if fine == 10:
                batch["labels"] = labels
            else:
                batch |= {"fine_labels": labels, "coarse_labels": [x % 20 for x in labels]}
            members[f"{folder}/{name}"] = python2_pickle(batch)
    names = [f"thing {index}" for index in range(fine)]
    meta: dict[str, Any] = {"label_names": names, "num_vis": 3072}
    if fine == 100:
        groups = [f"group {index}" for index in range(20)]
        meta = {"fine_label_names": names, "coarse_label_names": groups}
    members[f"{folder}/{published.meta['filename']}"] = python2_pickle(meta)
    members[f"{folder}/readme.html"] = b"<p>"
    path = root / published.filename
    write_tar(path, members)
    monkeypatch.setattr(published, "tgz_md5", md5(path))
    return path


def deep_colour_png(path: Path, value: int, *, alpha: int = 0xFFFF) -> None:
    """Write 4 x 4 pixels of 16 bits per channel, red and transparent; Pillow cannot write it."""
    row = b"\0" + struct.pack(">4H", value, value // 2, 0, alpha) * 4
    chunks = {b"IHDR": struct.pack(">2I5B", 4, 4, 16, 6, 0, 0, 0), b"IDAT": zlib.compress(row * 4)}
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in {**chunks, b"IEND": b""}.items():
        crc = zlib.crc32(kind + data)
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
