"""The format of a CSV file: the keys of `data=csv` that concern its text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from tailor.errors import DataError

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TableFormat:
    """The format of a file, and the columns to read.

    Attributes:
        label: name or position (from 0; -1 is the last) of the label's column; None finds it.
        header: whether the first line holds the columns' names; None detects it.
        delimiter: between two columns; None detects a comma, a semicolon, a tab or a bar.
        encoding: of the text; None is UTF-8, or UTF-16 with a byte order mark.
        drop: names or positions of columns that are neither label nor pixel.
        scale: factor that brings the pixels to the range 0 to 255.
        skip: leave out unreadable rows, instead of stopping at the first.
    """

    label: str | int | None = None
    header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    drop: tuple[str | int, ...] = ()
    scale: float = 1.0
    skip: bool = False

    def __post_init__(self) -> None:
        typed = {"\\t": "\t", "tab": "\t"}.get(self.delimiter or "", self.delimiter)
        if typed is not None and len(typed) != 1:
            raise DataError(
                "data.source.delimiter must be one character, \\t for a tab, or null, got "
                f"{self.delimiter!r}."
            )
        object.__setattr__(self, "delimiter", typed)


def delimiter_of(lines: Sequence[str]) -> str:
    """Return the delimiter that splits all lines into the same and largest number of cells.

    A comma inside numbers (`0,5;0,7`) splits a header differently, so the semicolon is found.
    """

    def cells(delimiter: str) -> int:
        counts = {len(next(csv.reader([line], delimiter=delimiter))) for line in lines}
        return counts.pop() if len(counts) == 1 else 0

    best = max(DELIMITERS, key=cells)
    return best if cells(best) > 1 else max(DELIMITERS, key=lines[-1].count)
