"""A trial in two small pictures: its learning curves, and what it confuses on validation."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from tailor import names
from tailor.confusion import Confusion

LARGEST = 50_000  # bytes of a picture: two a trial, so that a thousand trials take 100 MB at most
COLORS = 64
DPIS = (100, 72, 50)  # tried in turn until the picture is small enough
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#8C8C8C"
MANY_CLASSES = 20  # from here on a cell is too small for its count
STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "legend.frameon": False,
}

Row = Mapping[str, float]
"""An epoch, by the columns of `metrics.csv`."""


def curves(history: Sequence[Row], *, best_epoch: int | None = None) -> bytes:
    """Draw loss and accuracy of training and validation by epoch, as PNG.

    Args:
        history: one row an epoch, 1 or more.
        best_epoch: marked where it is given.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, 2.8), layout="constrained")
        panels = [
            ("loss", names.TRAIN_LOSS, names.VAL_LOSS),
            ("accuracy", names.TRAIN_ACCURACY, names.VAL_ACCURACY),
        ]
        epochs = [row[names.EPOCH] for row in history]
        for ax, (title, train, val) in zip(figure.subplots(1, 2), panels, strict=True):
            _line(ax, epochs, [row[train] for row in history], GREY, "training")
            _line(ax, epochs, [row[val] for row in history], BLUE, "validation")
            _finish(ax, title, "epoch")
            if best_epoch is not None:
                label = f"best epoch, {best_epoch}"
                ax.axvline(best_epoch, color=VERMILLION, linewidth=1, linestyle=":", label=label)
            ax.legend()
        return png(figure)


def reports(values: Mapping[int, float]) -> bytes:
    """Draw what a trial reported by step, as PNG; the picture of a program that keeps no history.

    Args:
        values: one or more.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 2.8), layout="constrained")
        ax = figure.subplots()
        steps = sorted(values)
        _line(ax, steps, [values[step] for step in steps], BLUE, "")
        _finish(ax, "reported value", "step")
        return png(figure)


def _line(ax: Axes, x: Sequence[float], y: Sequence[float], color: str, label: str) -> None:
    marker = "o" if len(x) < 30 else None
    ax.plot(x, y, color=color, marker=marker, markersize=3, linewidth=1.5, label=label)


def _finish(ax: Axes, title: str, unit: str) -> None:
    ax.set_title(title, loc="left", fontweight="bold")
    ax.set_xlabel(unit)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def confusion(found: Confusion) -> bytes:
    """Draw counts by true and predicted class, as PNG; the darker, the larger a row's share."""
    counts = np.array(found.counts)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    count = len(found.classes)
    many = count > MANY_CLASSES
    with mpl.rc_context({**STYLE, "font.size": 8}):
        side = 6.4 if many else max(3.2, 0.48 * count + 1)
        figure = Figure(figsize=(side, side), layout="constrained")
        ax = figure.subplots()
        # The root lifts small shares, which are the mistakes that one looks for.
        ax.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.15)
        if not many:
            for y, x in np.argwhere(counts):
                color = "white" if shares[y, x] > 0.4 else "black"
                ax.text(x, y, f"{counts[y, x]}", ha="center", va="center", color=color)
        places = range(0, count, -(-count // 50))  # of very many classes every second, third, ...
        ticks = [found.classes[place] for place in places]
        size = 5 if many else 8
        ax.set_xticks(places, ticks, rotation=90 if many else 45, fontsize=size)
        ax.set_yticks(places, ticks, fontsize=size)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")
        right = np.trace(counts)
        title = f"validation, best epoch: {right:,} of {counts.sum():,} right"
        ax.set_title(title, loc="left", fontweight="bold")
        return png(figure)


def png(figure: Figure) -> bytes:
    """Return the picture in few colours, and with fewer dots where it would be large."""
    for dpi in DPIS:
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dpi)
        small = few_colours(drawn.getvalue())
        if len(small) <= LARGEST:
            break
    return small


def few_colours(picture: bytes) -> bytes:
    """Return a PNG that looks the same and is a third of the size."""
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLORS).save(
        small, "png", optimize=True
    )
    return small.getvalue()
