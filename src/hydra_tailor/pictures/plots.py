"""Drawing small pictures: one style, few colours, a limit on their size."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

MAX_BYTES = 50_000
"""Above this size, a picture gets a lower resolution: a thousand trials take about 100 MB."""
COLORS = 64
DPIS = (100, 72, 50)
"""Resolutions, tried in this order until the picture is small enough."""
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#8C8C8C"
STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "legend.frameon": False,
    "text.parse_math": False,  # a class may be called $
}


def reports(values: Mapping[int, float]) -> bytes:
    """Draw the values that a trial reported, by step, as PNG.

    Args:
        values: at least one.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 2.8), layout="constrained")
        ax = figure.subplots()
        steps = sorted(values)
        line(ax, steps, [values[step] for step in steps], BLUE, "")
        label(ax, title="reported value", unit="step")
        return png(figure)


def line(ax: Axes, x: Sequence[float], y: Sequence[float], color: str, label: str) -> None:
    """Draw a curve, with a marker on each point where they are few."""
    marker = "o" if len(x) < 30 else None
    ax.plot(x, y, color=color, marker=marker, markersize=3, linewidth=1.5, label=label)


def label(ax: Axes, *, title: str, unit: str) -> None:
    """Write the title, and the unit of a whole-numbered x axis."""
    ax.set_title(title, loc="left", fontweight="bold")
    ax.set_xlabel(unit)
    left, right = ax.get_xlim()
    if right - left < 1:  # a single point: without this, no two whole numbers are in view
        ax.set_xlim(left - 1, right + 1)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def png(figure: Figure) -> bytes:
    """Return the picture in few colours, at a resolution that keeps it small."""
    for dpi in DPIS:
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dpi)
        small = few_colours(drawn.getvalue())
        if len(small) <= MAX_BYTES:
            break
    return small


def few_colours(picture: bytes) -> bytes:
    """Return a PNG that looks the same and has a third of the size."""
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLORS).save(
        small, "png", optimize=True
    )
    return small.getvalue()
