"""A directory that appears whole: built beside its place, then moved into it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Give an empty directory beside `path`; put it in the place of `path` when the block ends.

    When the block fails, what stood at `path` stays as it was.
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
