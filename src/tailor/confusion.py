"""Confusion matrices as CSV files: one row per true class, one column per predicted class."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra_tailor.files import whole
from tailor.errors import DamagedFile

CORNER = "true \\ predicted"


@dataclass(frozen=True)
class Confusion:
    """Numbers of images by true and predicted class.

    Attributes:
        classes: K names.
        counts: K rows of K counts; row i counts the images of class i by predicted class.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def write_confusion(path: Path, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
    with whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([CORNER, *classes])
        writer.writerows([name, *row] for name, row in zip(classes, counts, strict=True))


def read_confusion(path: Path) -> Confusion:
    """Read a file written by `write_confusion`.

    Raises:
        DamagedFile: the file is damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            (_, *classes), *rows = csv.reader(file)
        counts = tuple(tuple(map(int, row[1:])) for row in rows)
    except (ValueError, csv.Error) as error:  # ValueError: also if it is not UTF-8
        raise DamagedFile(f"{path} is damaged: {error}.") from error
    if not classes or any(len(row) != len(classes) for row in (counts, *counts)):
        raise DamagedFile(f"{path} is damaged: it must hold one row and column per class.")
    return Confusion(tuple(classes), counts)
