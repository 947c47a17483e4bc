"""A document as values: sections of paragraphs, lists, tables and pictures; no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from analysis.figures.spec import Figure

Align = Literal["left", "right"]


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Cells are texts; `marked` rows are set bold."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: Sequence[Align]
    marked: Sequence[int] = ()
    sortable: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure; `width` is its share of the line in print."""

    figure: Figure
    width: float = 1.0


Block = Text | Bullets | Table | Picture


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
        title, subtitle: of the first page.
        answer: the paragraph that a hurried reader reads.
        glance: question and answer, one row each.
        footnote: where it came from.
    """

    title: str
    subtitle: str
    answer: str
    glance: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    footnote: str

    @property
    def figures(self) -> list[Figure]:
        """All figures, in the order in which they appear."""
        return [
            block.figure
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Picture)
        ]


def block_as_dict(block: Block) -> dict[str, Any]:
    """Plain values of a block, for a template; `kind` tells which one it is."""
    match block:
        case Text():
            return {"kind": "text", "text": block.text}
        case Bullets():
            return {"kind": "bullets", "items": list(block.items)}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "header": list(block.header),
                "rows": [list(row) for row in block.rows],
                "align": list(block.align),
                "marked": list(block.marked),
                "sortable": block.sortable,
            }
        case Picture():
            return {
                "kind": "picture",
                "name": block.figure.name,
                "caption": block.figure.caption,
                "width": block.width,
            }


def as_dict(document: Document) -> dict[str, Any]:
    """Plain values of a whole document."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "answer": document.answer,
        "glance": [list(pair) for pair in document.glance],
        "footnote": document.footnote,
        "sections": [
            {
                "title": section.title,
                "blocks": [block_as_dict(block) for block in section.blocks],
            }
            for section in document.sections
        ],
    }
