"""The commit of the code that produced a result."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path


@functools.cache
def git_commit() -> str | None:
    """The commit of the working directory, `-dirty` if it has changes; None outside git."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
            cwd=Path.cwd(),
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
