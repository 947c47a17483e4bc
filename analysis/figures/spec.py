"""The description of a figure: panels with marks, independent of a drawing library.

The colours are those of Okabe and Ito, which people with any colour vision can distinguish.
Important marks also differ in lightness, dash or marker, so that they survive a grey printer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

BLUE, ORANGE, VERMILLION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
SKY, PURPLE, BLACK, GREY, LIGHT = "#56B4E9", "#CC79A7", "#222222", "#8C8C8C", "#C8C8C8"
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK, GREY)
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")
MARKERS: tuple[Marker, ...] = ("circle", "square", "triangle", "diamond", "cross", "star")

Dash = Literal["solid", "dash", "dot", "dashdot"]
Marker = Literal["circle", "square", "triangle", "diamond", "cross", "star"]
Values = Sequence[float]


@dataclass(frozen=True)
class Line:
    """Points joined by straight lines, or by steps that keep a value until the next point.

    `hover` has one text per point. A line without a name has no legend entry.
    """

    x: Values
    y: Values
    name: str = ""
    color: str = BLUE
    width: float = 1.6
    dash: Dash = "solid"
    marker: Marker | None = None
    steps: bool = False
    hover: Sequence[str] | None = None


@dataclass(frozen=True)
class Points:
    """Markers without lines; `size` is a diameter in points."""

    x: Values
    y: Values
    name: str = ""
    color: str = BLUE
    marker: Marker = "circle"
    size: float = 6
    opacity: float = 1.0
    hover: Sequence[str] | None = None


@dataclass(frozen=True)
class Bars:
    """One bar per label, the first on top; `marked` bars are hatched in an accent colour."""

    labels: Sequence[str]
    values: Values
    texts: Sequence[str]
    marked: frozenset[int] = frozenset()
    color: str = BLUE
    hover: Sequence[str] | None = None


@dataclass(frozen=True)
class Heat:
    """A matrix of coloured cells; `z` in [0, 1], first row on top.

    `texts` has one text per cell, or is `None` if the cells are too small.
    """

    z: Sequence[Values]
    texts: Sequence[Sequence[str]] | None
    x_labels: Sequence[str]
    y_labels: Sequence[str]
    hover: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Pictures:
    """A grid of small images, [H, W] or [H, W, 3] uint8, each with a text below it."""

    images: Sequence[Any]
    texts: Sequence[str]
    columns: int


@dataclass(frozen=True)
class Blocks:
    """Boxes in a row, joined by arrows: title, details, height and width in [0, 1]."""

    titles: Sequence[str]
    details: Sequence[str]
    heights: Values
    widths: Values
    colors: Sequence[str]


Mark = Line | Points | Bars | Heat | Pictures | Blocks


@dataclass(frozen=True)
class Guide:
    """A labelled straight line across the panel."""

    value: float
    label: str
    vertical: bool = False


@dataclass(frozen=True)
class Panel:
    marks: Sequence[Mark]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    guides: Sequence[Guide] = ()
    x_log: bool = False
    x_integer: bool = False
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_percent: bool = False
    y_percent: bool = False
    x_ticks: Sequence[tuple[float, str]] | None = None
    legend: bool = True
    equal: bool = False
    axes: bool = True


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes:
        name: file name without suffix.
        caption: one or two sentences on what it shows and how to read it.
        columns: number of panels side by side.
        width, height: of the whole figure, in inches.
    """

    name: str
    caption: str
    panels: Sequence[Panel]
    columns: int = 1
    width: float = 6.6
    height: float = 3.2
