"""Results per class, as CSV files and as a table on the terminal."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.measure.metrics import Metrics
from analysis.read.predictions import Evaluation
from tailor.data.notes import listed

FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]*$)")
"""Matches the start of a cell that a spreadsheet takes for a formula; `-1` is a number."""
Rows = Iterable[Sequence[Any]]


def write_csv(path: Path, header: Sequence[str], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(_as_text, header))
        writer.writerows(map(_as_text, row) for row in rows)


def _as_text(cell: Any) -> Any:
    """Mark a label that a spreadsheet would run as a formula."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def write_tables(directory: Path, evaluation: Evaluation, metrics: Metrics) -> None:
    """Write `per_class.csv`, `confusion_matrix.csv` and `predictions.csv`."""
    write_csv(
        directory / "per_class.csv",
        ("class", "precision", "recall", "f1", "accuracy", "support"),
        (
            (row.name, row.precision, row.recall, row.f1, row.accuracy, row.support)
            for row in metrics.per_class
        ),
    )
    write_csv(
        directory / "confusion_matrix.csv",
        ("true \\ predicted", *evaluation.classes),
        (
            (name, *counts.tolist())
            for name, counts in zip(evaluation.classes, metrics.confusion, strict=True)
        ),
    )
    write_csv(
        directory / "predictions.csv",
        ("index", "target", "predicted", *(f"p_{name}" for name in evaluation.classes)),
        (
            (index, int(target), int(predicted), *(f"{p:.6g}" for p in probabilities))
            for index, (target, predicted, probabilities) in enumerate(
                zip(
                    evaluation.targets,
                    evaluation.predicted,
                    evaluation.probabilities,
                    strict=True,
                )
            )
        ),
    )


def print_per_class(metrics: Metrics, console: Console) -> None:
    """Print precision, recall, F1 and support of each class; mark those with the lowest F1.

    Of many classes, the ten lowest and the ten highest are printed by ascending F1. Classes
    without test images have no row.
    """
    shown, total = metrics.extremes, len(metrics.present)
    title = "test results per class"
    if len(shown) < total:
        half = len(shown) // 2
        title += f": the lowest {half} and the highest {half} of {total} by F1"
    else:
        shown = sorted(shown)  # a complete table keeps the order of the classes
        half = total
    if metrics.absent:
        title += f" (no test images: {listed(metrics.absent)})"
    table = Table(title=title, title_justify="left")
    table.add_column("class")
    for column in ("precision", "recall", "F1", "images"):
        table.add_column(column, justify="right")
    table.add_column("")
    for position, index in enumerate(shown):
        row = metrics.per_class[index]
        table.add_row(
            row.name,
            f"{row.precision:.3f}",
            f"{row.recall:.3f}",
            f"{row.f1:.3f}",
            f"{row.support:,}",
            "lowest F1" if index in metrics.lowest_classes else "",
            end_section=position == half - 1,
        )
    table.add_section()
    table.add_row(
        "mean",
        f"{metrics.macro_precision:.3f}",
        f"{metrics.macro_recall:.3f}",
        f"{metrics.macro_f1:.3f}",
        f"{metrics.size:,}",
        "",
    )
    console.print(table)
