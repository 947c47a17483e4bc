"""The files that Hydra writes for a run: its config, and how it was typed.

Hydra replaces them before a run can be refused, so they are put back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from hydra_tailor.files import write_text
from tailor.names import HYDRA_DIR


def read_hydra_files(directory: Path) -> dict[str, str]:
    """Return the text of each file of a run's directory by its name."""
    files = (directory / HYDRA_DIR).glob("*.yaml")
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(files)}


def write_hydra_files(directory: Path, files: Mapping[str, str]) -> None:
    """Write those files that differ, as far as the disk allows it."""
    with contextlib.suppress(OSError):
        present = read_hydra_files(directory)
        for name, text in files.items():
            if present.get(name) != text:
                write_text(directory / HYDRA_DIR / name, text)
