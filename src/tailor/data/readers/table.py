"""Reading images from a CSV file with one image per row: its label and its pixels.

The file is read in chunks, because its text is ten times the size of the pixels.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tailor.data.readers.columns import Columns, find_columns, is_number
from tailor.data.readers.csv_file import numbered_lines, open_csv
from tailor.data.readers.large import Progress, refuse_more_than_memory
from tailor.data.readers.pixels import pixel_problem, to_pixels
from tailor.data.readers.table_format import TableFormat, delimiter_of
from tailor.errors import DataError

CHUNK_ROWS = 1024
MAX_COLUMNS = 4_000_000
"""Enough for a colour image of 1,000 x 1,000 pixels."""
MAX_COUNTED_ROWS = 300
"""A column that numbers this many rows cannot hold pixels, which end at 255."""


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
    columns: Columns
    scale: float


@dataclass(frozen=True)
class _Chunk:
    """The readable rows of a chunk, and a message on each other row."""

    pixels: NDArray[np.uint8]
    labels: list[str]
    rows: list[int]
    faults: list[str]


def read_columns(path: Path, table_format: TableFormat, *, like: Columns | None = None) -> Columns:
    """Find the label and the pixels of a file by its first two lines.

    Args:
        path: a `.csv`, a `.csv.gz`, or the one CSV file of a `.zip`; `archive.zip/name.csv`
            chooses one of several in an archive.
        table_format: how the file is written.
        like: columns of the training file, if this is the test file.

    Raises:
        DataError: the file cannot be read, or no column is clearly the label.
    """
    with _reporting(path), open_csv(path, encoding=table_format.encoding) as file:
        return _start(numbered_lines(file), path, table_format, like=like)[1].columns


def read_table(path: Path, table_format: TableFormat, *, columns: Columns | None = None) -> Table:
    """Read the rows of a file.

    Args:
        path: as for `read_columns`.
        table_format: how the file is written.
        columns: result of `read_columns`; None finds them.

    Raises:
        DataError: the file cannot be read, a row is short or not numeric (the message names
            it), or no row is left.
    """
    with _reporting(path), open_csv(path, encoding=table_format.encoding) as file:
        lines = numbered_lines(file)
        pending, row_format = _start(lines, path, table_format, columns=columns)
        chunks: list[_Chunk] = []
        next_row = 1
        progress = Progress(str(path))
        while pending:
            chunk = _convert(pending, row_format, next_row)
            if chunk.faults and not table_format.skip:
                raise DataError(f"{path}, {chunk.faults[0]}.")
            chunks.append(chunk)
            next_row += len(pending)
            progress.rows(next_row - 1)
            # The pixels so far are copied into one array at the end.
            refuse_more_than_memory(
                next_row * row_format.columns.pixels, f"the first {next_row - 1:,} rows of {path}"
            )
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


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error


def _start(
    lines: Iterator[tuple[int, str]],
    path: Path,
    table_format: TableFormat,
    *,
    columns: Columns | None = None,
    like: Columns | None = None,
) -> tuple[list[tuple[int, str]], _Format]:
    """Return those of the first two lines that are rows, and the format of all rows."""
    first = list(islice(lines, 2))
    if not first:
        raise DataError(f"{path} is empty.")
    texts = [text for _, text in first]
    _refuse_wide_characters(texts[0], path)
    delimiter = table_format.delimiter or delimiter_of(texts)
    _refuse_many_columns(texts, path, delimiter)
    rows = [next(csv.reader([text], delimiter=delimiter)) for text in texts]
    _refuse_one_column([len(row) for row in rows], path, delimiter)
    if columns is None:
        columns = find_columns(
            rows,
            table_format,
            path=path,
            counts_up=lambda column: _counts_up(path, table_format.encoding, delimiter, column),
            like=like,
        )
    if columns.pixels < 1:
        raise DataError(f"{path} must hold pixels beside the label, got none.")
    pending = first[1:] if columns.names else first
    return pending, _Format(delimiter, columns, table_format.scale)


def _refuse_many_columns(texts: list[str], path: Path, delimiter: str) -> None:
    count = 1 + max(text.count(delimiter) for text in texts)
    if count > MAX_COLUMNS:
        raise DataError(f"{path} must have at most {MAX_COLUMNS:,} columns, got {count:,}.")


def _refuse_one_column(counts: list[int], path: Path, delimiter: str) -> None:
    """Refuse first lines that do not contain the delimiter."""
    if counts[0] > 1:
        return
    if counts[-1] > 1:
        raise DataError(
            f"{path} must begin with its header or its first row, got a line of one column before "
            f"one of {counts[-1]}. Remove what is above the table."
        )
    raise DataError(
        f"{path} must hold a label and pixels in each row, got one column with the delimiter "
        f"{delimiter!r}. If it is a space: 'data.source.delimiter=\" \"'."
    )


def _refuse_wide_characters(text: str, path: Path) -> None:
    """Refuse UTF-16 without a byte order mark: as UTF-8, every other character is 0."""
    if "\0" in text:
        encoding = "utf-16-be" if text.startswith("\0") else "utf-16-le"
        raise DataError(
            f"{path} must be text, got characters with the value 0 in its first line. If the file "
            f"is in UTF-16, set data.source.encoding={encoding}."
        )


def _counts_up(path: Path, encoding: str | None, delimiter: str, column: int) -> bool:
    """Whether a column numbers the rows from 0 or 1, judged by the first rows."""
    with open_csv(path, encoding=encoding) as file:
        lines = (text for _, text in numbered_lines(file))
        rows = csv.reader(lines, delimiter=delimiter)
        next(rows)
        first = islice(rows, MAX_COUNTED_ROWS)
        cells = [row[column].strip() if column < len(row) else "" for row in first]
    start = 1 if cells[:1] == ["1"] else 0
    return bool(cells) and cells == [str(number) for number in range(start, start + len(cells))]


def _convert(lines: list[tuple[int, str]], row_format: _Format, first_row: int) -> _Chunk:
    try:
        values, labels = _parse([text for _, text in lines], row_format)
        if pixel_problem(values, scale=row_format.scale) is None:
            rows = list(range(first_row, first_row + len(lines)))
            return _Chunk(to_pixels(values, scale=row_format.scale), labels, rows, [])
    except ValueError:
        pass
    # A row of this chunk is unreadable: parse row by row to find it.
    pixels: list[NDArray[np.uint8]] = [np.empty((0, row_format.columns.pixels), np.uint8)]
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
    columns, labels = row_format.columns, []

    def store_label(cell: str) -> float:
        labels.append(cell)
        return 0.0

    def ignore(_: str) -> float:
        return 0.0

    converters: dict[int | str, Callable[[str], float]] = {columns.label: store_label}
    converters |= dict.fromkeys(columns.dropped, ignore)
    values = np.loadtxt(
        texts,
        dtype=np.float32,
        delimiter=row_format.delimiter,
        comments=None,
        quotechar='"',
        converters=converters,
        encoding=None,
        ndmin=2,
    )
    if values.shape != (len(texts), columns.count) or len(labels) != len(texts):
        raise ValueError("not one row of the right length per line")
    if not all(map(str.strip, labels)):
        raise ValueError("the label is missing")
    return np.delete(values, [columns.label, *columns.dropped], axis=1), labels


def _fault(text: str, row_format: _Format) -> str | None:
    cells = next(csv.reader([text], delimiter=row_format.delimiter))
    columns = row_format.columns
    if len(cells) != columns.count:
        return f"must have {columns.count} columns, got {len(cells)}"
    for column, cell in enumerate(cells):
        if column in (columns.label, *columns.dropped) or is_number(cell):
            continue
        return (
            f"{columns.describe(column)} must be a number, got {cell.strip()[:40]!r} (the label "
            f"is {columns.describe(columns.label)})"
        )
    try:
        values, _ = _parse([text], row_format)
    except ValueError as error:
        return str(error)
    problem = pixel_problem(values, scale=row_format.scale)
    return problem[1] if problem else None
