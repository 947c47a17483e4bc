"""What a sweep tells the process that draws its pictures, a line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Opening:
    """The first line: a study, the folder of pictures, and what the study's note is made of."""

    storage: str | dict[str, Any]
    study: str
    folder: str
    space: dict[str, str]
    fixed: dict[str, Any]
    typed: list[str]
    goals: dict[str, str]


@dataclass(frozen=True)
class Job:
    """A finished trial.

    Attributes:
        number: of the trial.
        command: words that repeat it as a single run.
    """

    number: int
    command: list[str]


def line_of(message: Opening | Job) -> str:
    return json.dumps(asdict(message), default=str) + "\n"
