"""Large files: refused if memory cannot hold them, otherwise read with log messages."""

from __future__ import annotations

import logging
import time

import psutil

from hydra_tailor.jobs import cgroup
from tailor.errors import DataError

_log = logging.getLogger(__name__)

NOTED_BYTES = 1 << 30
"""An array of this size is announced before it is read."""
PROGRESS_SECONDS = 10


def refuse_more_than_memory(size: int, what: str, *, advice: str = "") -> None:
    """Check that this process, in its container, can allocate this much memory.

    Args:
        size: in bytes.
        what: the objects that need the memory, in the plural.
        advice: a sentence on how to use less memory.

    Raises:
        DataError: less memory is free.
    """
    available = min(psutil.virtual_memory().available, cgroup.memory_left())
    if size > available:
        raise DataError(
            f"{what} need {size / 1e9:.1f} GB of memory, of which {available / 1e9:.1f} GB are "
            f"free.{' ' * bool(advice)}{advice}"
        )


def note_large(size: int, where: str) -> None:
    """Log the size of a large array before it is read."""
    if size >= NOTED_BYTES:
        _log.info("reading %s: %.1f GB", where, size / 1e9)


class Progress:
    """Logs the progress of a long read every `PROGRESS_SECONDS`.

    Args:
        where: the file that is read.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._next = time.monotonic() + PROGRESS_SECONDS

    def rows(self, count: int) -> None:
        """Report the number of rows read so far."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_SECONDS
            _log.info("reading %s: %s rows so far", self._where, f"{count:,}")
