"""Images in CSV files, a common format on Kaggle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.naming import Classes, named, naming_of
from tailor.data.notes import listed, skipped_note
from tailor.data.readers.columns import Columns, require_match
from tailor.data.readers.csv_file import archive_of
from tailor.data.readers.labels import encoded
from tailor.data.readers.pixels import image_shape
from tailor.data.readers.table import read_columns, read_table
from tailor.data.readers.table_format import TableFormat
from tailor.data.sources.arguments import check_arguments
from tailor.data.split import held_out_images
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE

MIN_LABEL_RATIO = 4
"""In a file without a header, the last column may be the label if the first one has at least this
many times as many different values."""


def csv(
    *,
    split: str,
    root: str,
    train: str,
    test: str | None,
    label: str | int | None,
    header: bool | None,
    delimiter: str | None,
    shape: Sequence[int] | None,
    classes: Classes,
    scale: float,
    test_fraction: float,
    test_seed: int,
    on_error: str,
    encoding: str | None = None,  # like drop, missing in configs of older runs
    drop: Sequence[str | int] | str | int = (),
) -> LabelledImages:
    """Read images from a CSV file with one image per row: its label and its pixels.

    Args:
        split: `train` or `test`.
        root: directory that `train` and `test` are relative to.
        train: a `.csv`, a `.csv.gz`, or a CSV file in a `.zip` (`archive.zip/name.csv`).
        test: likewise; None holds back `test_fraction` of each class of `train` by `test_seed`.
        label: name or position (from 0; -1 is the last) of the label's column; None takes the
            column called `label`, `class` or the like, else the only one whose name does not look
            like the others, else (names 0, 1, 2, ... or none) the only one of text or the first.
        header: whether the first line holds the columns' names; None detects it.
        delimiter: between two columns; None detects it.
        shape: [height, width] or [channels, height, width]; None infers a square.
        classes: names of the classes: a mapping by label, or a list whose labels are these names,
            their positions 0, 1, ..., or as many other integers in order; None takes the labels
            that occur in `train`.
        scale: factor that brings the pixels to the range 0 to 255.
        test_fraction: used if `test` is None.
        test_seed: used if `test` is None.
        on_error: `skip` leaves out unreadable rows.
        encoding: of the text; None is UTF-8, or UTF-16 with a byte order mark.
        drop: name or position of a column that is neither label nor pixel, or a list of these.

    Raises:
        DataError: a file is missing or damaged (the message names the row), or the columns of
            `test` are not those of `train`.
    """
    check_arguments(
        **{"root": root, "train": train, "test": test, "label": label, "header": header},
        **{"delimiter": delimiter, "shape": shape, "classes": classes, "scale": scale},
        **{"on_error": on_error, "encoding": encoding, "drop": drop},
    )
    dropped = (drop,) if isinstance(drop, str | int) else tuple(drop)
    table_format = TableFormat(
        label, header, delimiter, encoding, dropped, scale, skip=on_error == "skip"
    )
    train_path = _existing(Path(root) / train)
    columns = read_columns(train_path, table_format)
    if test is not None:  # before training, too: hours later would be too late
        test_path = _existing(Path(root) / test)
        test_columns = read_columns(test_path, table_format, like=columns)
        require_match(columns, test_columns, train_path, test_path)
    training = _read(train_path, table_format, columns, shape)
    naming = naming_of(training.classes, classes, where=str(train_path))
    if test is not None and split == "test":
        testing = _read(test_path, table_format, test_columns, shape)
        return named(testing, naming, where=str(test_path))
    training = named(training, naming, where=str(train_path))
    if test is not None:
        return training
    return held_out_images(training, split=split, fraction=test_fraction, seed=test_seed)


def _existing(path: Path) -> Path:
    file = archive_of(path)
    if not file.is_file():
        raise DataError(
            f"there is no file {file.absolute()}. Set data.root (or {DATA_DIR_VARIABLE}), "
            "data.source.train and data.source.test to the location of the files; "
            "data.source.test=null holds out a part of the training file."
        )
    return path


def _read(
    path: Path, table_format: TableFormat, columns: Columns, shape: Sequence[int] | None
) -> LabelledImages:
    """Read the rows of a file; its classes are the labels that occur."""
    file = archive_of(path)
    return cached(
        f"csv-{file.name}",
        files=[file],
        settings={
            "path": str(path.absolute()),
            "format": asdict(table_format),
            "columns": asdict(columns),
            "shape": shape and list(shape),
        },
        decode=lambda: _decode(path, table_format, columns, shape),
    )


def _decode(
    path: Path, table_format: TableFormat, columns: Columns, shape: Sequence[int] | None
) -> LabelledImages:
    odd = _odd_hint(columns)
    try:
        size = image_shape(columns.pixels, shape)
    except DataError as error:
        raise DataError(f"{path}: {error}{odd}") from error
    table = read_table(path, table_format, columns=columns)
    labels, targets = encoded(table.labels)
    if columns.guessed:
        _ask_for_label(table.pixels[:, -1], len(labels), path)
    return LabelledImages(
        images=torch.from_numpy(table.pixels.reshape(-1, *size)),
        targets=torch.tensor(targets, dtype=torch.int64),
        classes=labels,
        notes=(
            *skipped_note(str(path), "row", table.skipped),
            *([f"{path}:{odd}"] if odd else []),
        ),
        details=(_columns_detail(path, columns),),
    )


def _columns_detail(path: Path, columns: Columns) -> str:
    left_out = [columns.describe(position) for position in columns.dropped]
    return (
        f"{path}: the label is {columns.describe(columns.label)} of {columns.count}"
        f"{f', left out: {listed(left_out)}' if left_out else ''}"
        f"{'' if columns.names else '; the file has no header'}."
    )


def _odd_hint(columns: Columns) -> str:
    """Name the columns that are read as pixels but probably hold none."""
    if not columns.odd:
        return ""
    named = listed([columns.describe(position) for position in columns.odd])
    keys = ",".join(str(position) for position in columns.odd)
    return (
        " The names of some columns that are read as pixels do not look like the others: "
        f"{named}. data.source.drop=[{keys}] leaves them out."
    )


def _ask_for_label(last: NDArray[np.uint8], num_labels: int, path: Path) -> None:
    """Refuse the first column as the label if the last one looks much more like it."""
    values = np.unique(last).tolist()
    counted = values in ([*range(len(values))], [*range(1, len(values) + 1)])
    if counted and 1 < len(values) <= num_labels / MIN_LABEL_RATIO:
        raise DataError(
            f"{path}: which column is the label? The first one holds {num_labels} different "
            f"values, the last one only {values[0]} to {values[-1]}. Set data.source.label=-1 for "
            "the last or data.source.label=0 for the first."
        )
