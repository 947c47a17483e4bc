"""Cache of decoded datasets as memory-mapped arrays, so that later starts need not decode.

An entry is a directory with `images.npy`, `targets.npy` and `meta.json`, which is written last and
records the source files (sizes, times and a checksum of their bytes) and CRC-32 checksums of the
entry. The arrays are mapped copy-on-write: changes to a caller's tensors never reach the files.
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

from hydra_tailor.files import read_json, remove_leftovers, whole, write_json
from tailor.data.images import LabelledImages
from tailor.errors import DataError
from tailor.names import CACHE_DIR_VARIABLE

DEFAULT_DIRECTORY = "multirun/.cache"
LOCK_WARNING_SECONDS = 3.0
"""After waiting this long for another process, a message is logged."""
UNREADABLE = b"\0unreadable\n"
"""Stands for the state of a file that cannot be read; `decode` reports the file, or skips it."""
FORMAT_VERSION = 2
"""Part of an entry's key: a new version ignores old entries."""

_log = logging.getLogger(__name__)


def cached(
    name: str,
    *,
    files: Sequence[Path],
    settings: Mapping[str, Any],
    decode: Callable[[], LabelledImages],
) -> LabelledImages:
    """Return the result of `decode`, from the cache if `files` have not changed since.

    Of several processes that start together, one decodes and the others wait for its entry. A
    damaged entry is rebuilt. If the cache cannot be written, `decode` is called every time.

    Args:
        name: readable start of the entry's name, such as `fashion_mnist-train`.
        files: the files that `decode` reads. If their sizes and times are as recorded, their
            bytes are not read; otherwise their checksum is compared.
        settings: everything else that the result depends on, as JSON values.
        decode: reads the files; called at most once.
    """
    directory = cache_directory()
    entry = directory / f"{name}-{_key(name, settings)}"
    listing = _listing(files)
    images = _open(entry, listing, files)
    if images is not None:
        return images
    lock = FileLock(entry / ".lock")
    try:
        entry.mkdir(parents=True, exist_ok=True)
        _acquire(lock, name)
    except (OSError, NotImplementedError) as error:
        _warn_unwritable(directory, str(error))
        return decode()
    try:
        images = _open(entry, listing, files)
        if images is not None:
            return images
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
        lock.acquire(timeout=LOCK_WARNING_SECONDS)
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
        "writable directory.",
        directory,
        reason,
        CACHE_DIR_VARIABLE,
    )


def _key(name: str, settings: Mapping[str, Any]) -> str:
    text = json.dumps([FORMAT_VERSION, name, dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _listing(files: Sequence[Path]) -> str:
    """Digest of paths, sizes and times: cheap, and enough for an unchanged source."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(os.fsencode(path.absolute()))
        try:
            state = path.stat()
            digest.update(f"\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
        except OSError:
            digest.update(UNREADABLE)
    return digest.hexdigest()


def _content(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            digest.update(UNREADABLE)
        digest.update(os.fsencode(path.absolute()))
    return digest.hexdigest()


def _open(entry: Path, listing: str, files: Sequence[Path]) -> LabelledImages | None:
    """Return the entry's images, or None if it is absent, stale or damaged."""
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
            details=tuple(meta["details"]),
            source_bits=meta["source_bits"],
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, DataError) as error:
        _log.warning("the cache %s is damaged (%s): the data are decoded again", entry, error)
        return None


def _renew(entry: Path, meta: dict[str, Any], listing: str) -> None:
    """Record the new times of files with unchanged bytes; a read-only cache is not changed."""
    try:
        _write_meta(entry, {**meta, "listing": listing})
    except OSError as error:
        _warn_unwritable(entry.parent, str(error))


def _map(path: Path, crc32: int) -> Tensor:
    # The whole file, with its header, is checked before numpy parses it.
    content = np.memmap(path, dtype=np.uint8, mode="r")
    if zlib.crc32(content.data) != crc32:
        raise ValueError(f"{path.name} does not have the recorded checksum")
    return torch.from_numpy(np.load(path, mmap_mode="c", allow_pickle=False))


def _write(entry: Path, images: LabelledImages, listing: str, content: str) -> None:
    remove_leftovers(entry)
    checksums = {}
    for name, tensor in (("images", images.images), ("targets", images.targets)):
        with whole(entry / f"{name}.npy") as temporary:
            np.save(temporary, tensor.contiguous().numpy(), allow_pickle=False)
            checksums[f"{name}_crc32"] = zlib.crc32(
                np.memmap(temporary, dtype=np.uint8, mode="r").data
            )
    meta: dict[str, Any] = {"listing": listing, "content": content, **checksums}
    for name in ("classes", "notes", "details"):
        meta[name] = list(getattr(images, name))
    _write_meta(entry, meta | {"source_bits": images.source_bits})


def _read_meta(entry: Path) -> dict[str, Any]:
    stored = read_json(entry / "meta.json")
    meta: dict[str, Any] = stored["meta"]
    if stored["crc32"] != _crc32_of(meta):
        raise ValueError("meta.json does not have the recorded checksum")
    return meta


def _write_meta(entry: Path, meta: dict[str, Any]) -> None:
    write_json(entry / "meta.json", {"meta": meta, "crc32": _crc32_of(meta)})


def _crc32_of(meta: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(meta, sort_keys=True).encode())
