"""Read a run's files; a missing or damaged one reads as empty."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from hydra_tailor.files import read_json
from tailor import names
from tailor.training.result import Row


def read_result(directory: Path) -> dict[str, Any]:
    """Read a run's `result.json`; empty if it is missing or damaged."""
    try:
        result = read_json(directory / names.RESULT_FILE)
    except (OSError, ValueError):  # ValueError: neither JSON nor UTF-8
        return {}
    return result if isinstance(result, dict) else {}


def read_history(directory: Path) -> list[Row]:
    """Read the rows of a run's `metrics.csv`; empty if it is missing."""
    path = directory / names.METRICS_FILE
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
