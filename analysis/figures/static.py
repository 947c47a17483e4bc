"""Draw a figure with matplotlib, as PNG and SVG, without a display or a browser."""

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
from analysis.fonts import families

DPI = 160
PANEL_GAP = 0.07
"""Between panels side by side, as a fraction of their width."""
TITLE_LETTERS, NARROW_TITLE_LETTERS, LABEL_LETTERS = 66, 26, 20
"""Letters per line of a panel's title, of titles side by side, and of a bar's label."""
MAX_LETTERS, KEPT_AT_THE_END = 26, 6
"""Letters of a class's name or a caption; longer texts lose their middle."""
CAPTION_FONT_SIZE, MIN_FONT_SIZE = 7.5, 4.2
"""Of a picture's caption, and the smallest that is legible, in points."""
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
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "xtick.color": BLACK,
    "ytick.color": BLACK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "text.parse_math": False,  # a class may be called $
    "svg.fonttype": "path",  # letters as paths: the same on every computer
    "svg.hashsalt": "tailor",  # reproducible files
}


def save(figure: Figure, directory: Path, *, text: str = "") -> None:
    """Write `<name>.png` and `<name>.svg`.

    Args:
        text: contains the letters that the fonts must have.
    """
    with mpl.rc_context({**STYLE, "font.family": list(families(text))}):
        canvas = draw(figure)
        canvas.savefig(directory / f"{figure.name}.png", dpi=DPI)
        canvas.savefig(directory / f"{figure.name}.svg", metadata={"Date": None})


def draw(figure: Figure) -> Canvas:
    canvas = Canvas(figsize=(figure.width, figure.height), layout="constrained")
    columns = min(figure.columns, len(figure.panels))
    rows = -(-len(figure.panels) // columns)
    # Numbers at the right of a panel must stay clear of the labels of the next panel.
    cast(ConstrainedLayoutEngine, canvas.get_layout_engine()).set(wspace=PANEL_GAP * (columns - 1))
    axes = canvas.subplots(rows, columns, squeeze=False).flatten()
    for ax, panel in zip(axes, figure.panels, strict=False):
        _panel(ax, panel, title_width=TITLE_LETTERS if columns == 1 else NARROW_TITLE_LETTERS)
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
    # Guides are named in the legend, or above the panel if it has bars.
    in_legend = not any(isinstance(mark, Bars) for mark in panel.marks)
    for guide in panel.guides:
        line = ax.axvline if guide.vertical else ax.axhline
        label = guide.label if in_legend else None
        line(guide.value, color=BLACK, linewidth=0.9, linestyle=(0, (4, 3)), label=label)
        if not in_legend:
            transform = ax.get_xaxis_transform()
            ax.text(guide.value, 1.01, guide.label, transform=transform, ha="center", va="bottom")
    if panel.x_range:
        ax.set_xlim(panel.x_range)
    if panel.y_range:
        ax.set_ylim(panel.y_range)
    if panel.x_percent:
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))
    if panel.y_percent:
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=None, symbol=" %"))
    if panel.x_ticks is not None:
        ax.set_xticks([value for value, _ in panel.x_ticks], [label for _, label in panel.x_ticks])
        ax.xaxis.set_minor_locator(NullLocator())
    elif panel.x_integer:
        # Counts of images are wider than epochs.
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6 if in_legend else 4, integer=True))
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
    height = 2 + order / 1000  # later marks on top, as in plotly
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
    ax.set_ylim(max(len(mark.values), 4) - 0.5, -0.5)  # few bars stay thin; the first is on top
    for index, text in enumerate(mark.texts):  # a column right of the axes
        ax.text(1.01, index, text, transform=ax.get_yaxis_transform(), va="center")


def _in_two_lines(label: str) -> str:
    """Wrap or cut a long label to leave room for the bars."""
    return "\n".join(wrap(label, LABEL_LETTERS, max_lines=2, placeholder=" ..."))


def _cut(text: str, letters: int = MAX_LETTERS) -> str:
    """Take the middle out of a long text: names that begin alike often end in a number."""
    if len(text) <= letters:
        return text
    return f"{text[: letters - KEPT_AT_THE_END - 3]}...{text[-KEPT_AT_THE_END:]}"


def _heat(ax: Axes, mark: Heat) -> None:
    # The square root makes small shares, the mistakes, visible.
    ax.imshow([[value**0.5 for value in row] for row in mark.z], cmap="Blues", vmin=0, vmax=1.15)
    count = max(1, len(mark.x_labels))
    size = max(4.5, min(7.0, 70 / count))
    for y, row in enumerate(mark.texts or ()):
        for x, text in enumerate(row):
            dark = mark.z[y][x] ** 0.5 > 0.62
            color = "white" if dark else BLACK
            ax.text(x, y, text, ha="center", va="center", fontsize=size, color=color)
    if mark.texts is not None:
        ax.set_xticks(range(count), list(map(_cut, mark.x_labels)), rotation=45, ha="right")
        ax.set_yticks(range(count), list(map(_cut, mark.y_labels)))
    else:  # small vertical labels; with very many classes, only every n-th one
        cell_points = 72 * ax.bbox.height / ax.figure.dpi / count
        small = max(MIN_FONT_SIZE, min(7.5, 0.8 * cell_points))
        step = -(-small // cell_points)
        positions = range(0, count, int(max(1, step)))
        ax.set_xticks(
            positions, [_cut(mark.x_labels[i]) for i in positions], rotation=90, fontsize=small
        )
        ax.set_yticks(positions, [_cut(mark.y_labels[i]) for i in positions], fontsize=small)
        borders = [position - 0.5 for position in (*positions, count)]
        ax.vlines(borders, -0.5, count - 0.5, color=LIGHT, linewidth=0.3)
        ax.hlines(borders, -0.5, count - 0.5, color=LIGHT, linewidth=0.3)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def _pictures(ax: Axes, mark: Pictures) -> None:
    ax.set_axis_off()
    rows = -(-len(mark.images) // mark.columns)
    cell = 1 / mark.columns
    captions = []
    for index, (image, text) in enumerate(zip(mark.images, mark.texts, strict=True)):
        row, column = divmod(index, mark.columns)
        bottom = 1 - (row + 1) / rows
        inset = ax.inset_axes((column * cell, bottom + 0.2 / rows, cell * 0.92, 0.8 / rows))
        inset.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        inset.set_axis_off()
        middle = (column + 0.46) * cell
        captions.append(
            ax.text(
                middle,
                bottom + 0.16 / rows,
                _cut(text),
                fontsize=CAPTION_FONT_SIZE,
                ha="center",
                va="top",
                transform=ax.transAxes,
            )
        )
    widest = max((caption.get_window_extent().width for caption in captions), default=0.0)
    room = 0.96 * cell * ax.bbox.width
    if widest > room:  # neighbours would run into each other
        size = max(MIN_FONT_SIZE, CAPTION_FONT_SIZE * room / widest)
        longest = max(len(caption.get_text()) for caption in captions)
        letters = round(longest * room / widest * CAPTION_FONT_SIZE / size)
        for caption in captions:
            caption.set(fontsize=size, text=_cut(caption.get_text(), letters))


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
