"""Files and directories: written whole or not at all. Paths, as a user types them."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}(\.\w+)?")
"""Name of a temporary file of `whole`, which may still be written."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it into place when the block succeeds.

    A reader, or a process that starts after a kill or a power cut, sees either the old file or the
    new one. When the block fails (a full disk, Ctrl-C) the old file stays and the temporary one is
    removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Flush a file's bytes to the disk; otherwise a later rename may reach it first."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files of a process that was killed while it wrote into `directory`.

    Call it only while no other process writes there.
    """
    for path in directory.glob(".*"):
        if LEFTOVER.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def from_here(path: Path) -> Path:
    """A path as a user types it: relative if it is below the working directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def write_text(path: Path, text: str) -> None:
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON; NaN and infinities are refused rather than written."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Yield an empty directory next to `path`; move it to `path` when the block succeeds.

    When the block fails, whatever was at `path` stays unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex
    built, old = (path.with_name(f".{path.name}.{mark}.{end}") for end in ("new", "old"))
    built.mkdir()
    try:
        yield built
        if path.exists():
            path.rename(old)
        try:
            built.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    finally:
        for leftover in (built, old):
            shutil.rmtree(leftover, ignore_errors=True)
