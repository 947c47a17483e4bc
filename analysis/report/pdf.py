"""The report as PDF, and its source for typst, which can be edited and typeset again."""

from __future__ import annotations

import re
from pathlib import Path

import typst

from analysis.fonts import families
from analysis.report.document import Block, Bullets, Document, Picture, Section, Table, Text

STYLE = Path(__file__).with_name("report.typ")
SERIF = "Libertinus Serif"
"""Font included in typst; letters that it lacks come from the fallbacks."""
SPECIAL = re.compile(r"[\\*_`$#\[\]<>@~/]|^[=+-](?=\s|$)|^(?=\d+\.(\s|$))|(?<=-)-|-(?=\?)")
"""Matches text that typst would read as markup."""


def save(document: Document, directory: Path) -> None:
    """Write `report.typ` and `report.pdf`.

    Args:
        directory: with `figures/<name>.svg` of every figure in the document.
    """
    path = directory / "report.typ"
    path.write_text(source(document), encoding="utf-8")
    typst.compile(path, output=directory / "report.pdf", root=directory)


def source(document: Document) -> str:
    """The report in typst's markup."""
    fonts = [SERIF, *families(document.text)]
    glance = "\n".join(f"    ([{_text(q)}], [{_text(a)}])," for q, a in document.glance)
    head = f"""\
#show: report.with(
  title: {_string(document.title)},
  subtitle: [{_text(document.subtitle)}],
  author: {_string(document.author)},
  answer: [{_text(document.answer)}],
  glance: (
{glance}
  ),
  footnote: [{_text(document.footnote)}],
)
"""
    style = (
        f"#let fonts = {_array([_string(name) for name in fonts])}\n\n{STYLE.read_text('utf-8')}"
    )
    return "\n".join([style, head, *map(_section, document.sections)])


def _section(section: Section) -> str:
    return "\n".join([f"= {_text(section.title)}\n", *map(_block, section.blocks)])


def _block(block: Block) -> str:
    match block:
        case Text():
            return f"{_text(block.text)}\n"
        case Bullets():
            return "".join(f"- {_text(item)}\n" for item in block.items)
        case Picture():
            path = _string(f"figures/{block.name}.svg")
            width = f", width: {block.width:.0%}" if block.width < 1 else ""
            return f"#picture({path}, {_string(block.figure.caption)}{width})\n"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    rows = "".join(f"  {_cells(row)},\n" for row in table.rows)
    marked = f"  marked: {_array([str(row) for row in table.marked])},\n" if table.marked else ""
    return (
        f"#data-table(\n  [{_text(table.caption)}],\n  {_cells(table.header)},\n"
        f"  {_array(list(table.align))},\n{marked}{rows})\n"
    )


def _cells(cells: object) -> str:
    assert isinstance(cells, (list, tuple))
    return _array([f"[{_text(cell)}]" for cell in cells])


def _array(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _text(text: str) -> str:
    """Escape text, so that typst shows it unchanged."""
    return SPECIAL.sub(lambda found: f"\\{found.group()}", _printable(text))


def _string(text: str) -> str:
    escaped = _printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _printable(text: str) -> str:
    """Text in one line, without control characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
