"""Reading images from a CSV file with one image per row: its label and its pixels.

The file is read in chunks, because its text is ten times the size of the pixels.
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

CHUNK_ROWS = 1024
LABEL_COLUMN = "label"
"""Default name of the column of labels."""


@dataclass(frozen=True)
class Table:
    """The rows of a file.

    Attributes:
        pixels: [N, P] uint8.
        labels: N strings.
        rows: numbers of the N rows, from 1, without the header.
        skipped: a message on each row that was left out.
    """

    pixels: NDArray[np.uint8]
    labels: list[str]
    rows: list[int]
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class _Format:
    """The format of a file's rows."""

    delimiter: str
    columns: int
    label: int
    scale: float


@dataclass(frozen=True)
class _Chunk:
    """The readable rows of a chunk, and a message on each other row."""

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
        header: whether the first line holds the columns' names; None detects it.
        delimiter: between two columns.
        scale: factor that brings the pixels to the range 0 to 255.
        skip: leave out unreadable rows, instead of stopping at the first.

    Raises:
        DataError: the file cannot be read, a row is short or not numeric (the message names
            it), or no row is left.
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
    row_format = _Format(delimiter, len(rows[0]), position, scale)
    if row_format.columns < 2:
        raise DataError(
            f"{path} must hold a label and pixels in each row, got one column with the delimiter "
            f"{delimiter!r}."
        )
    chunks: list[_Chunk] = []
    pending = first[1:] if names else first
    next_row = 1
    while pending:
        chunk = _convert(pending, row_format, next_row)
        if chunk.faults and not skip:
            raise DataError(f"{path}, {chunk.faults[0]}.")
        chunks.append(chunk)
        next_row += len(pending)
        pending = list(islice(lines, CHUNK_ROWS))
    faults = [fault for chunk in chunks for fault in chunk.faults]
    if not any(chunk.labels for chunk in chunks):
        reason = f" ({faults[0]})" if faults else ""
        raise DataError(f"{path} holds no row that can be read{reason}.")
    return Table(
        pixels=np.concatenate([chunk.pixels for chunk in chunks]),
        labels=[label for chunk in chunks for label in chunk.labels],
        rows=[row for chunk in chunks for row in chunk.rows],
        skipped=tuple(faults),
    )


def _columns(
    rows: list[list[str]], path: Path, label: str | int | None, header: bool | None
) -> tuple[list[str] | None, int]:
    """Return the columns' names, if the first row holds them, and the label's position."""
    cells = [cell.strip() for cell in rows[0]]
    if isinstance(label, str) or (label is None and header is not False and LABEL_COLUMN in cells):
        name = label if isinstance(label, str) else LABEL_COLUMN
        if name not in cells or header is False:
            raise DataError(
                f"{path} has no column {name!r} (its first line starts with "
                f"{', '.join(cells[:5])}). Set data.source.label to a name or a position from 0."
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


def _convert(lines: list[tuple[int, str]], row_format: _Format, first_row: int) -> _Chunk:
    try:
        values, labels = _parse([text for _, text in lines], row_format)
        if pixel_problem(values, scale=row_format.scale) is None:
            rows = list(range(first_row, first_row + len(lines)))
            return _Chunk(to_pixels(values, scale=row_format.scale), labels, rows, [])
    except ValueError:
        pass
    # A row of this chunk is unreadable: parse row by row to find it.
    pixels: list[NDArray[np.uint8]] = [np.empty((0, row_format.columns - 1), np.uint8)]
    labels, rows, faults = [], [], []
    for row, (line, text) in enumerate(lines, start=first_row):
        fault = _fault(text, row_format)
        if fault is None:
            values, row_labels = _parse([text], row_format)
            pixels.append(to_pixels(values, scale=row_format.scale))
            labels += row_labels
            rows.append(row)
        else:
            faults.append(f"row {row} (line {line}): {fault}")
    return _Chunk(np.concatenate(pixels), labels, rows, faults)


def _parse(texts: list[str], row_format: _Format) -> tuple[NDArray[np.float32], list[str]]:
    labels: list[str] = []

    def store_label(cell: str) -> float:
        labels.append(cell)
        return 0.0

    values = np.loadtxt(
        texts,
        dtype=np.float32,
        delimiter=row_format.delimiter,
        comments=None,
        quotechar='"',
        converters={row_format.label: store_label},
        encoding=None,
        ndmin=2,
    )
    if values.shape != (len(texts), row_format.columns) or len(labels) != len(texts):
        raise ValueError("not one row of the right length per line")
    if not all(map(str.strip, labels)):
        raise ValueError("the label is missing")
    return np.delete(values, row_format.label, axis=1), labels


def _fault(text: str, row_format: _Format) -> str | None:
    cells = next(csv.reader([text], delimiter=row_format.delimiter))
    if len(cells) != row_format.columns:
        return f"must have {row_format.columns} columns, got {len(cells)}"
    for column, cell in enumerate(cells, start=1):
        if column - 1 != row_format.label and not _is_number(cell):
            return f"column {column} must be a number, got {cell.strip()[:40]!r}"
    try:
        values, _ = _parse([text], row_format)
    except ValueError as error:
        return str(error)
    problem = pixel_problem(values, scale=row_format.scale)
    return problem[1] if problem else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
