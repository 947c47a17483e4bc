"""The report as Markdown, for conversion by programs such as `pandoc report.md -o report.docx`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.report.document import Block, Bullets, Document, Picture, Table, Text

SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$]")


def source(document: Document) -> str:
    """The report in Markdown; its pictures are files of `figures/`."""
    glance = _rows(("", ""), document.glance, ("left", "left"))
    parts = [
        f"# {_text(document.title)}",
        _text(document.subtitle),
        _text(document.answer),
        glance,
    ]
    for section in document.sections:
        parts += [f"## {_text(section.title)}", *map(_block, section.blocks)]
    return "\n\n".join([*parts, _text(document.footnote)]) + "\n"


def _block(block: Block) -> str:
    match block:
        case Text():
            return _text(block.text)
        case Bullets():
            return "\n".join(f"- {_text(item)}" for item in block.items)
        case Picture():
            caption = _text(f"Figure {block.number}. {block.figure.caption}")
            return f"![{caption}](figures/{block.name}.png)"
        case Table():
            rows = [[_text(cell) for cell in row] for row in block.rows]
            for index in block.marked:
                rows[index] = [f"**{cell}**" if cell else "" for cell in rows[index]]
            caption = _text(f"Table {block.number}. {block.caption}")
            return f"{caption}\n\n{_rows(block.header, rows, block.align, escaped=True)}"


def _rows(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    align: Sequence[str],
    *,
    escaped: bool = False,
) -> str:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    rule = ["---:" if side == "right" else "---" for side in align]
    body = rows if escaped else [[_text(cell) for cell in row] for row in rows]
    return "\n".join([line([*map(_text, header)]), line(rule), *map(line, body)])


def _text(text: str) -> str:
    return SPECIAL.sub(lambda found: f"\\{found.group()}", " ".join(text.split()))
