"""The report as HTML: a self-contained file that works offline."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from analysis.figures import interactive
from analysis.figures.spec import Figure
from analysis.report.document import Document, Table, as_dict, block_as_dict


def save(document: Document, all_trials: Table | None, figures: Path, path: Path) -> None:
    """Write the page.

    Args:
        all_trials: the sortable table at the end; None for a single run.
        figures: directory with `<name>.svg` of every figure in the document.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html.j2").render(
        document=as_dict(document),
        drawings={figure.name: _drawing(figure, figures) for figure in document.figures},
        all_trials=all_trials
        and block_as_dict(replace(all_trials, number=document.num_tables + 1)),
        plotly=Markup(get_plotlyjs()),
    )
    path.write_text(page, encoding="utf-8")


def _drawing(figure: Figure, figures: Path) -> dict[str, Any]:
    if interactive.can_draw(figure):
        panels = [
            panel.to_html(
                full_html=False,
                include_plotlyjs=False,
                config=interactive.CONFIG,
                div_id=f"figure-{figure.name}" + (f"-{number}" if number > 1 else ""),
            )
            for number, panel in enumerate(interactive.draw_panels(figure), start=1)
        ]
        return {"panels": [Markup(html) for html in panels], "columns": figure.columns}
    # An SVG in a data URL cannot run scripts and needs no second file.
    encoded = base64.b64encode((figures / f"{figure.name}.svg").read_bytes()).decode()
    return {"source": f"data:image/svg+xml;base64,{encoded}"}
