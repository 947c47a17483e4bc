"""The pictures of a trial: its learning curves, and its confusion matrix on validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from hydra_tailor.pictures.plots import BLUE, GREY, STYLE, VERMILLION, label, line, png
from tailor import names
from tailor.confusion import Confusion

MAX_CLASSES_WITH_COUNTS = 20
"""Beyond this, a cell is too small for its count."""
MAX_CLASS_NAMES = 50
"""Beyond this, an axis shows every second name, every third, and so on."""

Row = Mapping[str, float]
"""One epoch: a value per column of `metrics.csv`."""


def curves(history: Sequence[Row], *, best_epoch: int | None = None) -> bytes:
    """Draw loss and accuracy of training and validation by epoch, as PNG.

    Args:
        history: one row per epoch, at least one.
        best_epoch: marked by a vertical line, unless None.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, 2.8), layout="constrained")
        panels = [
            ("loss", names.TRAIN_LOSS, names.VAL_LOSS),
            ("accuracy", names.TRAIN_ACCURACY, names.VAL_ACCURACY),
        ]
        epochs = [row[names.EPOCH] for row in history]
        for ax, (title, train, val) in zip(figure.subplots(1, 2), panels, strict=True):
            line(ax, epochs, [row[train] for row in history], GREY, "training")
            line(ax, epochs, [row[val] for row in history], BLUE, "validation")
            label(ax, title=title, unit="epoch")
            if best_epoch is not None:
                legend = f"best epoch, {best_epoch}"
                ax.axvline(best_epoch, color=VERMILLION, linewidth=1, linestyle=":", label=legend)
            ax.legend()
        return png(figure)


def confusion(matrix: Confusion) -> bytes:
    """Draw counts by true and predicted class, as PNG; darker means a larger share of the row."""
    counts = np.array(matrix.counts)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    count = len(matrix.classes)
    many = count > MAX_CLASSES_WITH_COUNTS
    with mpl.rc_context({**STYLE, "font.size": 8}):
        side = 6.4 if many else max(3.2, 0.48 * count + 1)
        figure = Figure(figsize=(side, side), layout="constrained")
        ax = figure.subplots()
        # The square root makes small shares visible: these are the mistakes.
        ax.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.15)
        if not many:
            for y, x in np.argwhere(counts):
                color = "white" if shares[y, x] > 0.4 else "black"
                ax.text(x, y, f"{counts[y, x]}", ha="center", va="center", color=color)
        positions = range(0, count, -(-count // MAX_CLASS_NAMES))
        ticks = [matrix.classes[position] for position in positions]
        size = 5 if many else 8
        ax.set_xticks(positions, ticks, rotation=90 if many else 45, fontsize=size)
        ax.set_yticks(positions, ticks, fontsize=size)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")
        correct = np.trace(counts)
        title = f"validation, best epoch: {correct:,} of {counts.sum():,} correct"
        ax.set_title(title, loc="left", fontweight="bold")
        return png(figure)
