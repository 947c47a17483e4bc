"""Which state of the code something was made with."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path


@functools.cache
def git_commit() -> str | None:
    """The commit of the code in the working directory, `-dirty` behind it where it was changed."""
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
