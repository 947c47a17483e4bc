"""Limits that a container or a batch system sets on a machine, by Linux's control groups.

Reads versions 1 and 2. A missing file means no limit, so other systems have none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OURS = Path("/proc/self/cgroup")


def memory_left(groups: Path = GROUPS, ours: Path = OURS) -> float:
    """Bytes that this process and its workers may still allocate; infinite without a limit."""
    return min(map(_memory_left, _folders(groups, ours)), default=math.inf)


def cores_allowed(groups: Path = GROUPS, ours: Path = OURS) -> float:
    """CPU time that is allowed, in cores (as in 1.5); infinite without a limit."""
    return min(map(_cores_allowed, _folders(groups, ours)), default=math.inf)


def _folders(groups: Path, ours: Path) -> Iterator[Path]:
    """The folders of this process's groups and of all their parents, since each limit applies.

    A container may see its own group at the top, although its path is the one on the host.
    """
    for line in _text(ours).splitlines():
        _, controllers, path = line.split(":", 2)
        group = Path(path.lstrip("/"))
        for one in (group, *group.parents):
            yield groups / controllers / one  # version 2 has one tree and names no controllers


def _memory_left(folder: Path) -> float:
    limit = _text(folder / "memory.max") or _text(folder / "memory.limit_in_bytes")
    if not limit.isdigit():
        return math.inf
    used = _text(folder / "memory.current") or _text(folder / "memory.usage_in_bytes")
    stat = dict(line.split() for line in _text(folder / "memory.stat").splitlines())
    # Cached files count as used, but are dropped when memory is needed.
    cached = stat.get("total_inactive_file") or stat.get("inactive_file") or 0
    return int(limit) - int(used or 0) + int(cached)


def _cores_allowed(folder: Path) -> float:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    quota = quota or _text(folder / "cpu.cfs_quota_us")
    period = period or _text(folder / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else math.inf


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
