"""Reading images out of a CSV file: a label and the pixels of one image a row.

The file is read a part at a time, so that its text, ten times the size of the pixels, is never in
memory as a whole.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from tailor.data.readers.csv_file import numbered_lines, open_csv
from tailor.data.readers.pixels import pixel_problem, to_pixels
from tailor.errors import DataError

PART = 1024  # rows
LABEL = "label"  # the column looked for where none is named


@dataclass(frozen=True)
class Table:
    """The rows of a file.

    Attributes:
        pixels: [N, P] uint8.
        labels: N texts.
        rows: N numbers of rows, from 1; the header is none.
        skipped: what was wrong with each row that was left out.
    """

    pixels: NDArray[np.uint8]
    labels: list[str]
    rows: list[int]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class _Form:
    """How the rows of a file are read."""

    delimiter: str
    columns: int
    label: int
    scale: float


@dataclass(frozen=True)
class _Part:
    """Some rows, and what is wrong with those between them that are missing."""

    pixels: NDArray[np.uint8]
    labels: list[str]
    rows: list[int]
    faults: list[str]


def read_table(
    path: Path,
    *,
    label: str | int | None = None,
    header: bool | None = None,
    delimiter: str = ",",
    scale: float = 1.0,
    skip: bool = False,
) -> Table:
    """Read a `.csv`, a `.csv.gz`, or the one CSV file of a `.zip`.

    Args:
        path: the file; `archive.zip/name.csv` chooses one of several in an archive.
        label: name or position (from 0; -1 is the last) of the label's column; None takes the
            column called `label`, else the first.
        header: whether the first line holds the columns' names; None looks.
        delimiter: between two columns.
        scale: factor that brings the pixels to 0 to 255.
        skip: leave out the rows that cannot be read, instead of stopping at the first.

    Raises:
        DataError: the file cannot be read, a row is short or holds something else than numbers
            (its number is named), or no row is left.
    """
    try:
        with open_csv(path) as file:
            return _read(file, path, label, header, delimiter, scale, skip)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error


def _read(
    file: TextIO,
    path: Path,
    label: str | int | None,
    header: bool | None,
    delimiter: str,
    scale: float,
    skip: bool,
) -> Table:
    lines = numbered_lines(file)
    first = list(islice(lines, 2))
    if not first:
        raise DataError(f"{path} is empty.")
    rows = [next(csv.reader([text], delimiter=delimiter)) for _, text in first]
    names, position = _columns(rows, path, label, header)
    form = _Form(delimiter, len(rows[0]), position, scale)
    if form.columns < 2:
        raise DataError(
            f"{path} must hold a label and pixels in each row, got one column with the delimiter "
            f"{delimiter!r}."
        )
    parts: list[_Part] = []
    pending = first[1:] if names else first
    number = 1  # of the next row
    while pending:
        part = _convert(pending, form, number)
        if part.faults and not skip:
            raise DataError(f"{path}, {part.faults[0]}.")
        parts.append(part)
        number += len(pending)
        pending = list(islice(lines, PART))
    faults = [fault for part in parts for fault in part.faults]
    if not any(part.labels for part in parts):
        told = f" ({faults[0]})" if faults else ""
        raise DataError(f"{path} holds no row that can be read{told}.")
    return Table(
        pixels=np.concatenate([part.pixels for part in parts]),
        labels=[label for part in parts for label in part.labels],
        rows=[row for part in parts for row in part.rows],
        skipped=tuple(faults),
    )


def _columns(
    rows: list[list[str]], path: Path, label: str | int | None, header: bool | None
) -> tuple[list[str] | None, int]:
    """Return the columns' names, where the first row holds them, and the label's position."""
    cells = [cell.strip() for cell in rows[0]]
    if isinstance(label, str) or (label is None and header is not False and LABEL in cells):
        name = label if isinstance(label, str) else LABEL
        if name not in cells or header is False:
            raise DataError(
                f"{path} has no column {name!r} (its first line starts with "
                f"{', '.join(cells[:5])}). Give data.source.label by name, or by position from 0."
            )
        return cells, cells.index(name)
    position = label or 0
    if not -len(cells) <= position < len(cells):
        raise DataError(
            f"{path} has {len(cells)} columns, so data.source.label must lie in {-len(cells)} to "
            f"{len(cells) - 1}, got {position}."
        )
    position %= len(cells)
    if header is None:
        pixels = cells[:position] + cells[position + 1 :]
        header = not any(map(_is_number, pixels)) or (
            not _is_number(cells[position])
            and len(rows) == 2
            and position < len(rows[1])
            and _is_number(rows[1][position])
        )
    return (cells if header else None), position


def _convert(lines: list[tuple[int, str]], form: _Form, number: int) -> _Part:
    try:
        values, labels = _parse([text for _, text in lines], form)
        if pixel_problem(values, scale=form.scale) is None:
            rows = list(range(number, number + len(lines)))
            return _Part(to_pixels(values, scale=form.scale), labels, rows, [])
    except ValueError:
        pass
    # Something is wrong in this part: row by row, to learn where.
    kept: list[NDArray[np.uint8]] = [np.empty((0, form.columns - 1), np.uint8)]
    labels, rows, faults = [], [], []
    for row, (line, text) in enumerate(lines, start=number):
        fault = _fault(text, form)
        if fault is None:
            values, texts = _parse([text], form)
            kept.append(to_pixels(values, scale=form.scale))
            labels += texts
            rows.append(row)
        else:
            faults.append(f"row {row} (line {line}): {fault}")
    return _Part(np.concatenate(kept), labels, rows, faults)


def _parse(texts: list[str], form: _Form) -> tuple[NDArray[np.float32], list[str]]:
    labels: list[str] = []

    def keep(cell: str) -> float:
        labels.append(cell)
        return 0.0

    values = np.loadtxt(
        texts,
        dtype=np.float32,
        delimiter=form.delimiter,
        comments=None,
        quotechar='"',
        converters={form.label: keep},
        encoding=None,
        ndmin=2,
    )
    if values.shape != (len(texts), form.columns) or len(labels) != len(texts):
        raise ValueError("not one row of the right length a line")
    if not all(map(str.strip, labels)):
        raise ValueError("the label is missing")
    return np.delete(values, form.label, axis=1), labels


def _fault(text: str, form: _Form) -> str | None:
    cells = next(csv.reader([text], delimiter=form.delimiter))
    if len(cells) != form.columns:
        return f"must have {form.columns} columns, got {len(cells)}"
    for column, cell in enumerate(cells, start=1):
        if column - 1 != form.label and not _is_number(cell):
            return f"column {column} must be a number, got {cell.strip()[:40]!r}"
    try:
        values, _ = _parse([text], form)
    except ValueError as error:
        return str(error)
    problem = pixel_problem(values, scale=form.scale)
    return problem[1] if problem else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
