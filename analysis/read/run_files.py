"""Read a run's files. A missing or damaged file reads as empty; a damaged one is logged."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import Any

from hydra_tailor.files import read_json
from tailor import history, names
from tailor.errors import DamagedFile
from tailor.history import Row

log = logging.getLogger(__name__)


def read_result(directory: Path) -> dict[str, Any]:
    """Read a run's `result.json`; empty if it is missing or damaged."""
    path = directory / names.RESULT_FILE
    try:
        result = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # ValueError: neither JSON nor UTF-8
        _warn(f"{path} is damaged: {error}.")
        return {}
    if _is_result(result):
        return dict(result)
    _warn(f"{path} is damaged: it must hold an object with a number for each result.")
    return {}


def _is_result(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("machine", {}), dict):
        return False
    known = [value[key] for key in names.RESULT_ATTRIBUTES if key in value]
    return all(history.is_finite(number) for number in known)


def read_history(directory: Path) -> list[Row]:
    """Read the rows of a run's `metrics.csv`; empty if it is missing or damaged."""
    try:
        return history.read_history(directory / names.METRICS_FILE)
    except DamagedFile as error:
        _warn(str(error))
        return []


@functools.cache  # a file is read more than once
def _warn(problem: str) -> None:
    log.warning("%s The report does without it.", problem)
