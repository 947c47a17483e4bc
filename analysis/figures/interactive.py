"""Draw a figure with plotly, with hover texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from math import floor, log10
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.figures.spec import (
    BLACK,
    VERMILLION,
    Bars,
    Blocks,
    Figure,
    Heat,
    Line,
    Mark,
    Panel,
    Pictures,
    Points,
)

MARKERS = {
    "circle": "circle",
    "square": "square",
    "triangle": "triangle-up",
    "diamond": "diamond",
    "cross": "x",
    "star": "star",
}
PIXELS_PER_INCH = 118
# The logo and the upload button are of no use on an offline page.
CONFIG = {"responsive": True, "displaylogo": False, "displayModeBar": False}


def can_draw(figure: Figure) -> bool:
    """Whether a figure has hover texts; images and boxes are shown as static pictures instead."""
    return not any(
        isinstance(mark, (Pictures, Blocks)) for panel in figure.panels for mark in panel.marks
    )


def save(figure: Figure, directory: Path) -> None:
    """Write `<name>.html`; all figures of a directory share a copy of plotly's script."""
    draw(figure).write_html(
        directory / f"{figure.name}.html", include_plotlyjs="directory", config=CONFIG
    )


def draw_panels(figure: Figure) -> list[Any]:
    """Draw each panel on its own, so that a narrow page can put them one below the other."""
    rows = -(-len(figure.panels) // min(figure.columns, len(figure.panels)))
    height = figure.height / rows
    return [
        draw(replace(figure, panels=[panel], columns=1, height=height)) for panel in figure.panels
    ]


def draw(figure: Figure) -> Any:
    columns = min(figure.columns, len(figure.panels))
    rows = -(-len(figure.panels) // columns)
    canvas = make_subplots(
        rows=rows, cols=columns, subplot_titles=_escaped([panel.title for panel in figure.panels])
    )
    for index, panel in enumerate(figure.panels):
        row, column = divmod(index, columns)
        _panel(canvas, panel, row + 1, column + 1)
    canvas.update_layout(
        template="plotly_white",
        height=int(figure.height * PIXELS_PER_INCH) + 60,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "yanchor": "top", "y": -0.18},
        font={"size": 12},
    )
    return canvas


def _panel(canvas: Any, panel: Panel, row: int, column: int) -> None:
    cell = {"row": row, "col": column}
    for mark in panel.marks:
        canvas.add_trace(_trace(mark, legend=panel.legend), **cell)
        if isinstance(mark, (Bars, Heat)):
            canvas.update_yaxes(autorange="reversed", **cell)
        if isinstance(mark, Heat):
            canvas.update_xaxes(tickangle=-45, **cell)
    for guide in panel.guides:
        line = canvas.add_vline if guide.vertical else canvas.add_hline
        position = {"x": guide.value} if guide.vertical else {"y": guide.value}
        line(**position, line={"color": BLACK, "dash": "dash", "width": 1}, **cell)
        canvas.add_annotation(
            text=escape(guide.label, quote=False),
            showarrow=False,
            font={"size": 11},
            **(
                {"x": guide.value, "y": 1, "yref": "y domain", "xanchor": "right"}
                if guide.vertical
                else {"y": guide.value, "x": 1, "xref": "x domain", "yanchor": "bottom"}
            ),
            **cell,
        )
    canvas.update_xaxes(
        title_text=panel.x_label,
        type="log" if panel.x_log else None,
        range=list(panel.x_range) if panel.x_range else None,
        tickformat=".0%" if panel.x_percent else None,
        automargin=True,
        showticklabels=panel.axes,
        **cell,
    )
    canvas.update_yaxes(
        title_text=panel.y_label,
        range=list(panel.y_range) if panel.y_range else None,
        tickformat=".1%" if panel.y_percent else None,
        automargin=True,
        showticklabels=panel.axes,
        **cell,
    )
    if panel.x_integer:
        canvas.update_xaxes(dtick=_integer_step(panel), **cell)
    if panel.x_ticks is not None:
        canvas.update_xaxes(
            tickvals=[value for value, _ in panel.x_ticks],
            ticktext=_escaped([label for _, label in panel.x_ticks]),
            **cell,
        )
        if any("\n" in label for _, label in panel.x_ticks):  # rotated, they would be illegible
            canvas.update_xaxes(tickangle=0, tickfont={"size": 10}, **cell)


def _integer_step(panel: Panel) -> int:
    """An integer distance between ticks that gives about eight ticks."""
    values = [
        value
        for mark in panel.marks
        for value in (mark.values if isinstance(mark, Bars) else getattr(mark, "x", ()))
    ]
    step = max(values, default=1) / 8
    size = 10 ** floor(log10(step)) if step > 1 else 1
    return int(next(size * factor for factor in (1, 2, 5, 10) if size * factor >= step))


def _hover(mark: Line | Points | Bars) -> dict[str, Any]:
    if mark.hover is None:
        return {}
    return {"hovertext": _escaped(mark.hover), "hoverinfo": "text"}


def _escaped(texts: Sequence[str]) -> list[str]:
    """Texts in plotly's markup: a class may be called `<b>`."""
    return [escape(text, quote=False).replace("\n", "<br>") for text in texts]


def _trace(mark: Mark, *, legend: bool) -> Any:
    match mark:
        case Line():
            return go.Scatter(
                x=list(mark.x),
                y=list(mark.y),
                name=escape(mark.name, quote=False),
                mode="lines+markers" if mark.marker else "lines",
                line={
                    "color": mark.color,
                    "width": mark.width * 1.3,
                    "dash": mark.dash,
                    "shape": "hv" if mark.steps else "linear",
                },
                marker={"symbol": MARKERS[mark.marker], "size": 7} if mark.marker else None,
                showlegend=legend and bool(mark.name),
                **_hover(mark),
            )
        case Points():
            return go.Scatter(
                x=list(mark.x),
                y=list(mark.y),
                name=escape(mark.name, quote=False),
                mode="markers",
                marker={
                    "color": mark.color,
                    "symbol": MARKERS[mark.marker],
                    "size": mark.size * 1.5,
                    "opacity": mark.opacity,
                },
                showlegend=legend and bool(mark.name),
                **_hover(mark),
            )
        case Bars():
            marked = [index in mark.marked for index in range(len(mark.values))]
            return go.Bar(
                x=list(mark.values),
                y=_escaped(mark.labels),
                orientation="h",
                text=_escaped(mark.texts),
                textposition="auto",  # inside the bar if it fits
                textangle=0,
                cliponaxis=False,
                marker={
                    "color": [VERMILLION if is_marked else mark.color for is_marked in marked],
                    "pattern": {"shape": ["/" if is_marked else "" for is_marked in marked]},
                },
                showlegend=False,
                **_hover(mark),
            )
        case Heat():
            return go.Heatmap(
                z=[[value**0.5 for value in row] for row in mark.z],
                x=_escaped(mark.x_labels),
                y=_escaped(mark.y_labels),
                text=[_escaped(row) for row in mark.texts] if mark.texts else None,
                texttemplate="%{text}" if mark.texts else None,
                hovertext=[_escaped(row) for row in mark.hover],
                hoverinfo="text",
                colorscale="Blues",
                zmin=0,
                zmax=1.15,
                showscale=False,
            )
        case Pictures() | Blocks():
            raise TypeError("images and boxes have no interactive drawing")
