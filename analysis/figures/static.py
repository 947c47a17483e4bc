"""Draw a description with matplotlib: PNG and SVG, no display and no browser."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill, wrap
from typing import Any, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.ticker import (
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
    PercentFormatter,
)

from analysis.figures.spec import (
    BLACK,
    GREY,
    LIGHT,
    VERMILLION,
    Bars,
    Blocks,
    Figure,
    Heat,
    Line,
    Panel,
    Pictures,
    Points,
)

DPI = 160
GAP = 0.07  # between panels side by side, as a share of their width
TITLE, TITLE_BESIDE, LABEL = 66, 26, 20  # letters in a line: of a title alone or not, of a label
SMALLEST = 4.2  # points of a label that a reader can still make out when looking closely
MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "cross": "X",
    "star": "*",
}
DASHES = {"solid": "-", "dash": (0, (5, 2)), "dot": (0, (1, 1.6)), "dashdot": (0, (6, 2, 1, 2))}
STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "svg.fonttype": "path",  # the same letters wherever the picture is shown
    "svg.hashsalt": "tailor",  # the same file for the same numbers
}


def save(figure: Figure, directory: Path) -> None:
    """Write `<name>.png` and `<name>.svg`."""
    with mpl.rc_context(STYLE):
        canvas = draw(figure)
        canvas.savefig(directory / f"{figure.name}.png", dpi=DPI)
        canvas.savefig(directory / f"{figure.name}.svg", metadata={"Date": None})


def draw(figure: Figure) -> Canvas:
    canvas = Canvas(figsize=(figure.width, figure.height), layout="constrained")
    columns = min(figure.columns, len(figure.panels))
    rows = -(-len(figure.panels) // columns)
    # What stands at the right of one panel must not read as part of the next one's labels.
    cast(ConstrainedLayoutEngine, canvas.get_layout_engine()).set(wspace=GAP * (columns - 1))
    axes = canvas.subplots(rows, columns, squeeze=False).flatten()
    for ax, panel in zip(axes, figure.panels, strict=False):
        _panel(ax, panel, title_width=TITLE if columns == 1 else TITLE_BESIDE)
    for ax in axes[len(figure.panels) :]:
        ax.set_axis_off()
    return canvas


def _panel(ax: Axes, panel: Panel, *, title_width: int) -> None:
    ax.set_title(fill(panel.title, title_width), loc="left", fontweight="bold")
    ax.set_xlabel(panel.x_label)
    ax.set_ylabel(panel.y_label)
    if panel.x_log:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 3), numticks=8))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
    for order, mark in enumerate(panel.marks):
        _mark(ax, mark, order)
    named = not any(isinstance(mark, Bars) for mark in panel.marks)  # in the legend, or on top
    for guide in panel.guides:
        line = ax.axvline if guide.vertical else ax.axhline
        label = guide.label if named else None
        line(guide.value, color=BLACK, linewidth=0.9, linestyle=(0, (4, 3)), label=label)
        if not named:
            place = ax.get_xaxis_transform()
            ax.text(guide.value, 1.01, guide.label, transform=place, ha="center", va="bottom")
    if panel.x_range:
        ax.set_xlim(panel.x_range)
    if panel.y_range:
        ax.set_ylim(panel.y_range)
    if panel.x_percent:
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    if panel.y_percent:
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    if panel.x_ticks is not None:
        ax.set_xticks([place for place, _ in panel.x_ticks], [label for _, label in panel.x_ticks])
        ax.xaxis.set_minor_locator(NullLocator())
    elif panel.x_whole:
        # Counts of images are wider than epochs.
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6 if named else 4, integer=True))
        ax.xaxis.set_major_formatter("{x:,.0f}")
    if panel.equal:
        ax.set_aspect("equal", adjustable="datalim")
    if not panel.axes:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
    if panel.legend and ax.get_legend_handles_labels()[1]:
        ax.legend()


def _mark(ax: Axes, mark: Any, order: int) -> None:
    height = 2 + order / 1000  # later marks lie on top, as plotly has it
    match mark:
        case Line():
            ax.plot(
                mark.x,
                mark.y,
                color=mark.color,
                linewidth=mark.width,
                linestyle=DASHES[mark.dash],
                marker=MARKERS[mark.marker] if mark.marker else None,
                markersize=4,
                drawstyle="steps-post" if mark.steps else "default",
                label=mark.name or None,
                zorder=height,
            )
        case Points():
            ax.scatter(
                mark.x,
                mark.y,
                s=mark.size**2,
                color=mark.color,
                marker=MARKERS[mark.marker],
                alpha=mark.opacity,
                linewidths=0,
                label=mark.name or None,
                zorder=height,
            )
        case Bars():
            _bars(ax, mark)
        case Heat():
            _heat(ax, mark)
        case Pictures():
            _pictures(ax, mark)
        case Blocks():
            _blocks(ax, mark)


def _bars(ax: Axes, mark: Bars) -> None:
    bars = ax.barh(range(len(mark.values)), list(mark.values), color=mark.color, height=0.72)
    for index in mark.marked:
        bars[index].set(facecolor="white", edgecolor=VERMILLION, hatch="/////", linewidth=1.4)
    labels = [_in_two_lines(label) for label in mark.labels]
    ax.set_yticks(range(len(labels)), labels, linespacing=0.9, multialignment="right")
    for index in mark.marked:
        ax.get_yticklabels()[index].set_fontweight("bold")
    ax.set_ylim(max(len(mark.values), 4) - 0.5, -0.5)  # few bars stay slim; the first is on top
    for index, text in enumerate(mark.texts):  # a column at the right edge, clear of every line
        ax.text(1.01, index, text, transform=ax.get_yaxis_transform(), va="center")


def _in_two_lines(label: str) -> str:
    """A long name leaves room for its bar."""
    return "\n".join(wrap(label, LABEL, max_lines=2, placeholder=" ..."))


def _heat(ax: Axes, mark: Heat) -> None:
    # The root lifts small shares, which are the mistakes that one looks for.
    ax.imshow([[value**0.5 for value in row] for row in mark.z], cmap="Blues", vmin=0, vmax=1.15)
    count = max(1, len(mark.x_labels))
    size = max(4.5, min(7.5, 75 / count))
    for y, row in enumerate(mark.texts or ()):
        for x, text in enumerate(row):
            dark = mark.z[y][x] ** 0.5 > 0.62
            color = "white" if dark else BLACK
            ax.text(x, y, text, ha="center", va="center", fontsize=size, color=color)
    if mark.texts is not None:
        ax.set_xticks(range(count), list(mark.x_labels), rotation=45, ha="right")
        ax.set_yticks(range(count), list(mark.y_labels))
    else:  # small labels, upright; of very many classes, every second, third, ...
        side_of_cell = 72 * ax.bbox.height / ax.figure.dpi / count
        small = max(SMALLEST, min(7.5, 0.8 * side_of_cell))
        step = -(-small // side_of_cell)
        places = range(0, count, int(max(1, step)))
        ax.set_xticks(places, [mark.x_labels[i] for i in places], rotation=90, fontsize=small)
        ax.set_yticks(places, [mark.y_labels[i] for i in places], fontsize=small)
        borders = [place - 0.5 for place in (*places, count)]
        ax.vlines(borders, -0.5, count - 0.5, color=LIGHT, linewidth=0.3)
        ax.hlines(borders, -0.5, count - 0.5, color=LIGHT, linewidth=0.3)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def _pictures(ax: Axes, mark: Pictures) -> None:
    ax.set_axis_off()
    rows = -(-len(mark.images) // mark.columns)
    cell = 1 / mark.columns
    for index, (image, text) in enumerate(zip(mark.images, mark.texts, strict=True)):
        row, column = divmod(index, mark.columns)
        bottom = 1 - (row + 1) / rows
        inset = ax.inset_axes((column * cell, bottom + 0.2 / rows, cell * 0.92, 0.8 / rows))
        inset.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        inset.set_axis_off()
        middle = (column + 0.46) * cell
        ax.text(
            middle,
            bottom + 0.16 / rows,
            text,
            fontsize=6,
            ha="center",
            va="top",
            transform=ax.transAxes,
        )


def _blocks(ax: Axes, mark: Blocks) -> None:
    ax.set_axis_off()
    gap, left = 0.55, 0.0
    for index, title in enumerate(mark.titles):
        width, height = 0.35 + 0.75 * mark.widths[index], 0.25 + 1.5 * mark.heights[index]
        ax.add_patch(
            Rectangle(
                (left, -height / 2),
                width,
                height,
                facecolor=mark.colors[index],
                edgecolor=BLACK,
                linewidth=0.8,
            )
        )
        middle = left + width / 2
        ax.text(middle, 1.12, title, ha="center", va="bottom", fontsize=6.5, fontweight="bold")
        ax.text(middle, -1.05, mark.details[index], ha="center", va="top", fontsize=6.2)
        if index + 1 < len(mark.titles):
            ax.annotate(
                "",
                (left + width + gap - 0.06, 0),
                (left + width + 0.06, 0),
                arrowprops={"arrowstyle": "->", "color": GREY},
            )
        left += width + gap
    ax.set_xlim(-0.2, left - gap + 0.2)
    ax.set_ylim(-1.75, 1.4)
