"""Which process runs a trial, and whether that process still exists."""

from __future__ import annotations

import functools
import os
import re
import socket
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
OWNER = re.compile(r".+:\d+:[^:]+")
STATE_FIELD, STARTTIME_FIELD = 0, 19
"""Indices in /proc/PID/stat, counted from the field after the command's name."""
ENDED_STATES = ("Z", "X")
"""A zombie has ended; only its parent has not collected its exit code yet."""


@functools.cache
def this_process() -> str:
    """Name this process so that another one on the same host can tell whether it still runs."""
    namespace = _pid_namespace()
    start = _start_of(os.getpid()) + (f"@{namespace}" if namespace else "")
    return f"{socket.gethostname()}:{os.getpid()}:{start}"


def host_of(owner: str | None) -> str:
    """The host in an owner's name."""
    return (owner or "an unknown host").rsplit(":", 2)[0]


def is_gone(owner: str | None, *, has_heartbeat: bool = False) -> bool | None:
    """Whether the owning process has ended; None where this host cannot tell.

    Of two machines or containers with one host name, neither sees the other's processes. Where
    there is a heartbeat, it decides. Without one, the other counts as an earlier start of this
    one, which has ended.
    """
    if owner is None or not OWNER.fullmatch(owner):  # a program may set the attribute itself
        return None
    host, pid, start = owner.rsplit(":", 2)
    start, _, namespace = start.partition("@")
    elsewhere = not _is_date(start) and (
        start.partition("-")[0] != _boot() or namespace not in ("", _pid_namespace())
    )
    if host != socket.gethostname() or (elsewhere and has_heartbeat):
        return None
    try:
        # The start time distinguishes the owner from a later process with the same number.
        if _is_date(start):
            process = psutil.Process(int(pid))
            ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
            return ended or abs(process.create_time() - float(start)) > 1
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
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[STATE_FIELD] in ENDED_STATES:
        raise ProcessLookupError(f"process {pid} has ended")
    return f"{_boot()}-{fields[STARTTIME_FIELD]}"


@functools.cache
def _boot() -> str:
    """The start of this machine's boot id; empty on systems without one."""
    return BOOT_ID.read_text()[:8] if BOOT_ID.exists() else ""


@functools.cache
def _pid_namespace() -> str:
    """The inode of this process's table of processes; empty on systems without such tables."""
    return str(PID_NAMESPACE.stat().st_ino) if PID_NAMESPACE.exists() else ""


def _is_date(start: str) -> bool:
    """Whether the start field is a date: on systems without /proc, and in old studies."""
    return "-" not in start
