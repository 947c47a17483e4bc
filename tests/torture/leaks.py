"""A long search must not grow: descriptors, threads and memory of its processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.torture.searches import ROOT, TOY, Broken

WARM_TRIALS = 50
"""After this many trials, caches are filled and every worker runs."""
MAX_GROWTH = 0.2
"""Of the memory, as a fraction; an allocator keeps some of the freed memory."""


def search_long(directory: Path, n_trials: int) -> int:
    """Run many short trials, and compare the resources after the first and the last of them.

    Raises:
        Broken: one of them grew.
    """
    words = ["x=interval(-1,1)", f"hydra.sweeper.n_trials={n_trials}", "epochs=1"]
    with (directory / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(TOY), "-m", *words],
            cwd=directory,
            env={"PYTHONPATH": str(ROOT / "src")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            before = _at(directory, process, min(WARM_TRIALS, n_trials // 2))
            after = _at(directory, process, n_trials - 5)
            code = process.wait()
        finally:
            process.kill()
    if code:
        raise Broken(f"ended with {code}: {(directory / 'output.txt').read_text()[-600:]}")
    for name in ("descriptors", "threads", "processes"):
        if after[name] > before[name] + 2:  # some may just have been opened or begun
            raise Broken(f"{name} grew from {before[name]} to {after[name]}")
    if after["bytes"] > (1 + MAX_GROWTH) * before["bytes"]:
        raise Broken(f"memory grew from {before['bytes']:,} to {after['bytes']:,} bytes")
    return n_trials


def _at(directory: Path, process: subprocess.Popen[bytes], n_jobs: int) -> dict[str, int]:
    """The resources of a search once this many of its jobs have begun."""
    events = directory / "sweep" / "events.csv"
    while process.poll() is None:
        if events.exists() and len(events.read_text().splitlines()) >= n_jobs:
            everyone = [psutil.Process(process.pid)]
            everyone += everyone[0].children(recursive=True)
            return {
                "descriptors": sum(one.num_fds() for one in everyone),
                "threads": sum(one.num_threads() for one in everyone),
                "processes": len(everyone),
                "bytes": sum(one.memory_info().rss for one in everyone),
            }
        time.sleep(0.05)
    raise Broken(f"ended early: {(directory / 'output.txt').read_text()[-600:]}")
