"""What a run wrote of itself, read back; files that are gone or damaged say nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from hydra_tailor.files import read_json
from tailor import names
from tailor.training.result import Row


def read_result(directory: Path) -> dict[str, Any]:
    """Read a run's `result.json`; one that is gone or damaged gives an empty mapping."""
    try:
        found = read_json(directory / names.RESULT_FILE)
    except (OSError, ValueError):  # the latter: neither JSON nor UTF-8
        return {}
    return found if isinstance(found, dict) else {}


def read_history(directory: Path) -> list[Row]:
    """Read the rows of a run's `metrics.csv`; a run that has none gives an empty list."""
    path = directory / names.METRICS_FILE
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
