"""Loops that kill, stop and interrupt searches at random moments."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.torture.searches import Broken, Search, pause, signal_group

SEARCH_SECONDS = 8.0
"""Approximate time of a whole search; signals are sent at random moments within it."""
BLOWS = 4
"""Number of disturbances of one kind per study."""
ENDED_BY_SIGNAL = (0, 130, 143, -signal.SIGINT, -signal.SIGTERM)

Blow = Callable[[Search, subprocess.Popen[str], random.Random], int]
"""Disturbs a running search once; returns 1, or 0 if it missed."""


def group(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """`kill -9` of the whole group."""
    pause(rng, SEARCH_SECONDS)
    hit = process.poll() is None
    signal_group(process, signal.SIGKILL)
    process.wait()
    return int(hit)


def coordinator(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """`kill -9` of the coordinator alone: its workers must end by themselves."""
    pause(rng, SEARCH_SECONDS)
    hit = process.poll() is None
    process.kill()
    process.wait()
    return int(hit)


def worker_starting(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """`kill -9` of a worker between its start and its first job."""
    worker = _wait_for(process, lambda: next(iter(search.workers(process)[::-1]), None))
    if worker is None:
        return 0
    pause(rng, 1.0)
    return _send(worker.pid, signal.SIGKILL)


def worker_working(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """`kill -9` of a worker in the middle of a job."""
    before = len(search.events())
    begun = before + rng.randint(1, 3)
    if not _wait_for(process, lambda: len(search.events()) >= begun):
        return 0
    pause(rng, 0.3)
    return _send(search.events()[-1][1], signal.SIGKILL)


def worker_reporting(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """`kill -9` of a worker right after an epoch, as it reports."""
    before = len(search.events())
    if not _wait_for(process, lambda: len(search.events()) > before):
        return 0
    number, pid = search.events()[-1]
    file = search.sweep / str(number) / "epochs.txt"
    wanted = rng.randint(1, 3)
    _wait_for(
        process, lambda: file.exists() and len(file.read_text().split()) >= wanted, every=0.001
    )
    time.sleep(rng.uniform(0, 0.01))
    return _send(pid, signal.SIGKILL)


def stop_worker(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """Stop a worker for a while."""
    if not _wait_for(process, search.events):
        return 0
    pause(rng, 0.5)
    return _stand_still(search.events()[-1][1], rng)


def stop_coordinator(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """Stop the coordinator for a while."""
    pause(rng, SEARCH_SECONDS)
    return _stand_still(process.pid, rng) if process.poll() is None else 0


def interrupt(search: Search, process: subprocess.Popen[str], rng: random.Random) -> int:
    """Ctrl-C or SIGTERM, and in most cases a second time soon after."""
    _wait_for(process, (search.sweep / "study.db").exists)  # before that, Python itself responds
    pause(rng, SEARCH_SECONDS / 2)
    hit = process.poll() is None
    number = rng.choice((signal.SIGINT, signal.SIGTERM))
    signal_group(process, number)
    if rng.random() < 0.75:
        pause(rng, 1.0)
        signal_group(process, number)
    if (code := search.wait(process)) not in ENDED_BY_SIGNAL:
        raise Broken(f"interrupted, the search ended with {code}: {search.last_output()}")
    return int(hit)


def strike(directory: Path, blow: Blow, rng: random.Random, *, launcher: str = "local") -> int:
    """Disturb one study several times, then finish and check it; return how often it was hit."""
    search = Search(directory, launcher=launcher)
    hits = 0
    try:
        process = search.start()
        for _ in range(BLOWS):
            if (code := process.poll()) is not None:
                if code == 0:
                    break
                process = search.start()
            hits += blow(search, process, rng)
        search.wait(process)
        search.finish()
        search.check()
    finally:
        search.kill()
    return hits


def fill_disk(directory: Path, rng: random.Random) -> int:
    """Run a search on a full disk, and continue it once there is space.

    Raises:
        PermissionError: this user may not mount a file system.
    """
    disk = directory / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={rng.randint(150, 1000)}k", "none", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        raise PermissionError("only root may mount a file system")
    search = Search(disk, output_directory=directory)
    try:
        code = search.wait(search.start())
        output = search.last_output()
        if code == 0 or not re.search("space|full", output):
            raise Broken(f"with a full disk it ended with {code}: {output}")
        subprocess.run(["mount", "-o", "remount,size=50m", disk], check=True)
        search.finish()
        search.check()
    finally:
        search.kill()
        subprocess.run(["umount", disk], check=True)
    return 1


def race(
    directory: Path, rng: random.Random, *, n: int, kills: bool, storage: str | None = None
) -> int:
    """Begin one study with several coordinators at once; return the number of coordinators."""
    search = Search(directory, storage=storage)
    try:
        starts = [search.start() for _ in range(n)]
        if kills:
            for process in starts[:-1]:
                pause(rng, SEARCH_SECONDS)
                signal_group(process, signal.SIGKILL)
        codes = [search.wait(process) for process in starts]
        if codes[-1] != 0 or not kills and any(codes):
            raise Broken(f"coordinators ended with {codes}: {search.last_output()}")
        search.check(undisturbed=not kills)
    finally:
        search.kill()
    return n


def _wait_for(
    process: subprocess.Popen[str], what: Callable[[], object], every: float = 0.02
) -> object:
    """The value of a condition once it is true; None if the search ended first."""
    while process.poll() is None:
        if found := what():
            return found
        time.sleep(every)
    return None


def _send(pid: int, number: signal.Signals) -> int:
    try:
        psutil.Process(pid).send_signal(number)
    except psutil.NoSuchProcess:
        return 0
    return 1


def _stand_still(pid: int, rng: random.Random) -> int:
    if not _send(pid, signal.SIGSTOP):
        return 0
    pause(rng, 2.0)
    return _send(pid, signal.SIGCONT)
