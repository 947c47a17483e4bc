"""A document without markup: sections of paragraphs, lists, tables and figures."""

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
    """A table of strings.

    Attributes:
        name: selects the sentence that introduces the table.
        marked: indices of the rows that are bold.
        number: of the table in the document, starting at 1; 0 until it is assigned.
    """

    name: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: Sequence[Align]
    marked: Sequence[int] = ()
    sortable: bool = False
    number: int = 0


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        width: fraction of the text width in print.
        number: of the figure in the document, starting at 1; 0 until it is assigned.
    """

    figure: Figure
    width: float = 1.0
    number: int = 0

    @property
    def name(self) -> str:
        return self.figure.name


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
        answer: the main result in one paragraph.
        author: of the report, empty if unknown.
        glance: pairs of question and answer, one per row.
        footnote: the origin of the report.
    """

    title: str
    subtitle: str
    answer: str
    glance: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    footnote: str
    author: str = ""

    @property
    def text(self) -> str:
        """All words that are set as text, in any order: what the fonts of the PDF must have."""
        blocks = [block for section in self.sections for block in section.blocks]
        words = [self.title, self.subtitle, self.author, self.answer, self.footnote]
        words += [text for pair in self.glance for text in pair]
        words += [section.title for section in self.sections]
        for block in blocks:
            match block:
                case Text():
                    words.append(block.text)
                case Bullets():
                    words.extend(block.items)
                case Table():
                    words += [block.caption, *block.header]
                    words.extend(cell for row in block.rows for cell in row)
                case Picture():
                    words.append(block.figure.caption)
        return " ".join(words)

    @property
    def num_tables(self) -> int:
        return sum(isinstance(b, Table) for section in self.sections for b in section.blocks)

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
    """Plain values of a block, for a template; `kind` is its type."""
    match block:
        case Text():
            return {"kind": "text", "text": block.text}
        case Bullets():
            return {"kind": "bullets", "items": list(block.items)}
        case Table():
            return {
                "kind": "table",
                "number": block.number,
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
                "number": block.number,
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
