"""Decoded datasets, kept as memory-mapped arrays, so that a start opens instead of decoding.

An entry is a directory with `images.npy`, `targets.npy` and, written last, `meta.json`: what the
source files were (sizes and times, and a checksum of their bytes) and the CRC-32 of all it holds.
The arrays are mapped copy-on-write: what a caller does to its tensors never reaches the files.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from hydra_tailor.files import read_json, whole, write_json
from tailor.data.images import LabelledImages
from tailor.errors import DataError
from tailor.names import CACHE_DIR_VARIABLE

DEFAULT_DIRECTORY = "multirun/.cache"
PATIENCE = 3.0  # seconds of waiting for another process before a line says so
FORMAT = 1  # of an entry; another number makes other entries

_log = logging.getLogger(__name__)


def cached(
    name: str,
    *,
    files: Sequence[Path],
    settings: Mapping[str, Any],
    decode: Callable[[], LabelledImages],
) -> LabelledImages:
    """Return what `decode` returns, from the cache where `files` are as they were then.

    Processes that start at once decode once: one builds the entry, the others wait and open it. A
    damaged entry is rebuilt. Where the cache cannot be written, `decode` is called every time.

    Args:
        name: for people who look into the cache, such as `fashion_mnist-train`.
        files: what `decode` reads. While sizes and times are as recorded their bytes are not
            read; after that their checksum decides.
        settings: what else the result depends on; plain values that JSON can hold.
        decode: reads the files; called at most once.
    """
    directory = cache_directory()
    entry = directory / f"{name}-{_key(name, settings)}"
    listing = _listing(files)
    found = _open(entry, listing, files)
    if found is not None:
        return found
    lock = FileLock(entry / ".lock")
    try:
        entry.mkdir(parents=True, exist_ok=True)
        _acquire(lock, name)
    except (OSError, NotImplementedError) as error:
        _warn_unwritable(directory, str(error))
        return decode()
    try:
        found = _open(entry, listing, files)
        if found is not None:
            return found
        content = _content(files)
        images = decode()
        try:
            _write(entry, images, listing, content)
        except OSError as error:
            _warn_unwritable(directory, str(error))
        return images
    finally:
        lock.release()


def _acquire(lock: FileLock, name: str) -> None:
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        _log.info("another process is decoding %s: waiting for it", name)
        lock.acquire()


def cache_directory() -> Path:
    """Return the directory of the cache: `TAILOR_CACHE_DIR`, or `multirun/.cache`."""
    return Path(os.environ.get(CACHE_DIR_VARIABLE) or DEFAULT_DIRECTORY)


@functools.cache
def _warn_unwritable(directory: Path, reason: str) -> None:
    _log.warning(
        "no cache: %s cannot be written (%s), so every start decodes the data again. Set %s to a "
        "directory that can.",
        directory,
        reason,
        CACHE_DIR_VARIABLE,
    )


def _key(name: str, settings: Mapping[str, Any]) -> str:
    text = json.dumps([FORMAT, name, dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _listing(files: Sequence[Path]) -> str:
    """Digest of the paths, sizes and times: cheap, and all that an unchanged source costs."""
    digest = hashlib.sha256()
    for path in files:
        try:
            state = path.stat()
        except OSError as error:
            raise DataError(f"{path.absolute()} cannot be read: {error.strerror}.") from error
        digest.update(f"{path.absolute()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _content(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise DataError(f"{path.absolute()} cannot be read: {error.strerror}.") from error
        digest.update(str(path.absolute()).encode())
    return digest.hexdigest()


def _open(entry: Path, listing: str, files: Sequence[Path]) -> LabelledImages | None:
    """Return what the entry holds, or None where it is absent, stale or damaged."""
    try:
        meta = _read_meta(entry)
        if meta["listing"] != listing:
            if meta["content"] != _content(files):
                return None
            _renew(entry, meta, listing)
        return LabelledImages(
            images=_map(entry / "images.npy", meta["images_crc32"]),
            targets=_map(entry / "targets.npy", meta["targets_crc32"]),
            classes=tuple(meta["classes"]),
            notes=tuple(meta["notes"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, DataError) as error:
        _log.warning("the cache %s is damaged (%s): the data are decoded again", entry, error)
        return None


def _renew(entry: Path, meta: dict[str, Any], listing: str) -> None:
    """Record new times of files whose bytes are the same; a read-only cache stays as it is."""
    try:
        _write_meta(entry, {**meta, "listing": listing})
    except OSError as error:
        _warn_unwritable(entry.parent, str(error))


def _map(path: Path, crc32: int) -> Tensor:
    # The whole file is checked, its header included, before numpy parses it.
    content = np.memmap(path, dtype=np.uint8, mode="r")
    if zlib.crc32(content.data) != crc32:
        raise ValueError(f"{path.name} has another checksum than recorded")
    return torch.from_numpy(np.load(path, mmap_mode="c", allow_pickle=False))


def _write(entry: Path, images: LabelledImages, listing: str, content: str) -> None:
    for abandoned in entry.glob(".*.npy"):  # by a process that was killed while it wrote
        abandoned.unlink()
    checksums = {}
    for name, tensor in (("images", images.images), ("targets", images.targets)):
        with whole(entry / f"{name}.npy") as temporary:
            np.save(temporary, tensor.contiguous().numpy(), allow_pickle=False)
            checksums[f"{name}_crc32"] = zlib.crc32(
                np.memmap(temporary, dtype=np.uint8, mode="r").data
            )
    meta = {"listing": listing, "content": content, **checksums}
    _write_meta(entry, meta | {"classes": list(images.classes), "notes": list(images.notes)})


def _read_meta(entry: Path) -> dict[str, Any]:
    kept = read_json(entry / "meta.json")
    meta: dict[str, Any] = kept["meta"]
    if kept["crc32"] != _crc32_of(meta):
        raise ValueError("meta.json has another checksum than recorded")
    return meta


def _write_meta(entry: Path, meta: dict[str, Any]) -> None:
    write_json(entry / "meta.json", {"meta": meta, "crc32": _crc32_of(meta)})


def _crc32_of(meta: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(meta, sort_keys=True).encode())
