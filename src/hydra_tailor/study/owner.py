"""Which process runs a trial, and whether that process still exists."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STARTTIME_FIELD = 19
"""Index of the start time in /proc/PID/stat, counted behind the command's name."""


@functools.cache
def this_process() -> str:
    """Name this process so that another one on the same host can tell whether it still runs."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_of(os.getpid())}"


def host_of(owner: str | None) -> str:
    """The host in an owner's name."""
    return (owner or "an unknown host").rsplit(":", 2)[0]


def is_gone(owner: str | None) -> bool | None:
    """Whether the owning process has ended; None where this host cannot tell."""
    if owner is None:
        return None
    host, pid, start = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return None
    try:
        # The start time tells the owner from a later process with the same number.
        if _is_date(start):
            return abs(psutil.Process(int(pid)).create_time() - float(start)) > 1
        return start != _start_of(int(pid))
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return True


def _start_of(pid: int) -> str:
    """When a process started: on Linux the boot and the ticks since then, elsewhere the date.

    Linux does not record a start date. psutil derives one from the clock, so it shifts when the
    clock is set, and two live processes would declare each other dead.
    """
    if not BOOT_ID.exists():
        return f"{psutil.Process(pid).create_time():.2f}"
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[STARTTIME_FIELD]
    return f"{BOOT_ID.read_text()[:8]}-{ticks}"


def _is_date(start: str) -> bool:
    """Whether the start field is a date: on systems without /proc, and in old studies."""
    return "-" not in start
