"""What a sweep sends to the process that draws its pictures: one line of JSON per message."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

MAX_NOTES = 1000
"""Of later trials, only those that are the best so far get a note.

optuna-dashboard reads all notes of a study for each of its trials, and for each new note.
"""


@dataclass(frozen=True)
class Opening:
    """The first line: a study, the folder of pictures, and the content of the study's note.

    Attributes:
        storage: the study's storage, without its password.
        study: the study's name.
        folder: where the pictures are stored.
        content: dotted path of the `Content`; None for the default one.
        space: the range of each searched key, in words.
        fixed: every other setting, by dotted key.
        typed: overrides that the search was started with.
        goals: direction by objective.
    """

    storage: str | dict[str, Any]
    study: str
    folder: str
    content: str | None
    space: dict[str, str]
    fixed: dict[str, Any]
    typed: list[str]
    goals: dict[str, str]


@dataclass(frozen=True)
class FinishedTrial:
    """A trial to draw.

    Attributes:
        number: the trial's number.
        command: the words of a command that repeats it as a single run.
    """

    number: int
    command: list[str]


def line_of(message: Opening | FinishedTrial) -> str:
    return json.dumps(asdict(message), default=str) + "\n"
