"""Commands as a user types them, in a directory of the test's own."""

import os
import subprocess
import sys
from pathlib import Path


def run(root: Path, place: Path, *command: str, **environment: str) -> str:
    """Run Python with a command's words in `place`; return what it printed, unless it fails."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
