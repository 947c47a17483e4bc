"""HTML that a notebook shows: escaped texts, tables, pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape as escape

from hydra_tailor.pictures.plots import few_colours

CELL = "text-align:left;padding:0.15rem 0.8rem"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    head = "".join(f'<th style="{CELL}">{escape(text)}</th>' for text in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{CELL}">{escape(text)}</td>' for text in row) + "</tr>"
        for row in rows
    )
    return (
        f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
    )


def picture(png: bytes, *, alt: str = "", width: str = "auto") -> str:
    """Embed a PNG in the page, because a notebook may be moved without its files."""
    encoded = base64.b64encode(few_colours(png)).decode()
    style = f"max-width:100%;width:{width};background:#fff"
    return f'<img alt="{escape(alt)}" style="{style}" src="data:image/png;base64,{encoded}">'
