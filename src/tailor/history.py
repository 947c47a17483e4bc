"""The epochs of a run, and `metrics.csv`: one row per epoch."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra_tailor.files import whole
from tailor import names
from tailor.errors import DamagedFile

Row = dict[str, float]
"""One epoch: a value for each of `names.METRIC_COLUMNS`."""


def write_history(path: Path, history: Sequence[Row]) -> None:
    with whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names.METRIC_COLUMNS)
        writer.writeheader()
        writer.writerows({**row, names.EPOCH: int(row[names.EPOCH])} for row in history)


def read_history(path: Path) -> list[Row]:
    """Read a file written by `write_history`; empty if it is missing.

    Raises:
        DamagedFile: the file is damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if missing := set(names.METRIC_COLUMNS) - set(reader.fieldnames or ()):
                raise ValueError(f"it has no column {', '.join(sorted(missing))}")
            history = [
                {column: float(row[column]) for column in names.METRIC_COLUMNS} for row in reader
            ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise DamagedFile(f"{path} is damaged: {error}.") from error
    if not is_history(history):
        raise DamagedFile(
            f"{path} is damaged: it must hold the epochs 1, 2, ... and only finite numbers."
        )
    return history


def is_history(rows: Any) -> bool:
    """Whether a value is a list of rows for the epochs 1, 2, ..., each of finite numbers."""
    return isinstance(rows, list) and all(
        is_row(row) and row[names.EPOCH] == epoch for epoch, row in enumerate(rows, start=1)
    )


def is_row(row: Any) -> bool:
    """Whether a value has a finite number for each column, and nothing else."""
    return (
        isinstance(row, dict)
        and row.keys() == set(names.METRIC_COLUMNS)
        and all(map(is_finite, row.values()))
    )


def is_finite(value: Any) -> bool:
    """Whether a value of any type is a finite number; an int may have any size."""
    return isinstance(value, (int, float)) and abs(value) < math.inf
