"""The comparison as a table and as a picture."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from contenders import CONTENDERS, HERE
from matplotlib.figure import Figure
from rich import box
from rich.table import Table
from run import Run

TARGET = 0.90


def table(names: Sequence[str], runs: Sequence[Run]) -> Table:
    """Return the comparison, one row per contender: means over the seeds and their range."""
    result = Table(title="one search by each, mean (lowest to highest seed)", box=box.MARKDOWN)
    result.add_column("contender")
    columns: dict[str, Callable[[Run], float | None]] = {
        "epochs": lambda run: len(run.epochs),
        "seconds": lambda run: run.seconds,
        "best validation, %": lambda run: 100 * run.best,
        "test, %": lambda run: 100 * run.test_accuracy,
        "s to stock's best": lambda run: seconds_to_stock(run, runs),
        f"s to {TARGET:.0%}": lambda run: run.seconds_to(TARGET),
        "images/s": lambda run: run.images_per_second,
        "s outside training": lambda run: run.outside_training,
        "peak MiB": lambda run: run.peak_mib,
    }
    for column in columns:
        result.add_column(column, justify="right")
    result.add_column("code", justify="right")
    for name in names:
        own = [run for run in runs if run.contender == name]
        digits = {column: 2 if "%" in column and "s to" not in column else 0 for column in columns}
        cells = [
            with_range([measure(run) for run in own], digits[column])
            for column, measure in columns.items()
        ]
        result.add_row(name, *cells, str(sum(map(statements, CONTENDERS[name].files))))
    return result


def seconds_to_stock(run: Run, runs: Sequence[Run]) -> float | None:
    """Return the seconds until the run reaches the stock sweeper's best, on the same seed."""
    stocks = [other for other in runs if (other.contender, other.seed) == ("stock", run.seed)]
    return run.seconds_to(stocks[0].best) if stocks else None


def with_range(values: Sequence[float | None], digits: int) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "never" if values else "-"
    text = f"{mean(known):,.{digits}f}"
    if len(known) > 1:
        text += f" ({min(known):,.{digits}f} to {max(known):,.{digits}f})"
    return text if len(known) == len(values) else f"{text}, {len(known)} of {len(values)}"


def statements(name: str) -> int:
    """Count the lines that a user writes in a file: one per statement, without measuring code."""
    text = (HERE / name).read_text()
    if not name.endswith(".py"):
        return sum(bool(line.partition("#")[0].strip()) for line in text.splitlines())
    return len(ast.unparse(Unmeasured().visit(ast.parse(text))).split("\n"))


class Unmeasured(ast.NodeTransformer):
    """Removes docstrings and the code that only the comparison needs."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:
        return None if node.name == "EpochLog" else self.generic_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.stmt]:
        return node.body if self._measures(node.items[0]) else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant)
        return None if is_text or self._measures(node) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if self._measures(node) else node

    @staticmethod
    def _measures(node: ast.AST) -> bool:
        return any(
            isinstance(part, ast.Name) and part.id in ("log", "Log") for part in ast.walk(node)
        )


def draw(names: Sequence[str], runs: Sequence[Run], path: Path) -> None:
    """Draw the best validation accuracy over seconds: the mean, and the range of the seeds."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for index, name in enumerate(names):
        own = [run for run in runs if run.contender == name]
        first = max(run.epochs[0].seconds for run in own)
        end = max(run.seconds for run in own)
        seconds = np.geomspace(first, end, 400)
        best = 100 * np.array([[run.best_at(at) for at in seconds] for run in own])
        color = f"C{index}"
        axes.plot(
            seconds, best.mean(0), color=color, label=name, linewidth=2 if index == 0 else 1.2
        )
        axes.fill_between(seconds, best.min(0), best.max(0), color=color, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_ylim(top=92, bottom=80)
    axes.set_xlabel("seconds since the command was typed")
    axes.set_ylabel("best validation accuracy so far, %")
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)
