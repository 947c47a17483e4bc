"""The user's notes: `notes.md` beside the analysis, inserted into the report's sections."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from analysis.report.document import Block, Bullets, Document, Section, Text
from tailor.errors import StudyError

FILE = "notes.md"
HEADING = re.compile(r"#+\s+(.*)")
ITEM = re.compile(r"[-*]\s+(.*)")
PREFACE = "Notes"
"""Title of the section for text above the first heading."""


def read(directory: Path) -> dict[str, list[Block]]:
    """Read the notes of a study by heading; empty without a file.

    Args:
        directory: of the study.

    Raises:
        StudyError: the file is not UTF-8.
    """
    path = directory / FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not UTF-8 ({error}). Save it as UTF-8.") from error
    return parse(text)


def parse(text: str) -> dict[str, list[Block]]:
    """Headings with their paragraphs and lists; blank lines separate paragraphs."""
    notes: dict[str, list[Block]] = {}
    title, paragraph, items = PREFACE, list[str](), list[str]()

    def finish() -> None:
        blocks = notes.setdefault(title, [])
        if paragraph:
            blocks.append(Text(" ".join(paragraph)))
        if items:
            blocks.append(Bullets(tuple(items)))
        paragraph.clear()
        items.clear()

    for line in map(str.strip, text.splitlines()):
        if found := HEADING.fullmatch(line):
            finish()
            title = found[1]
        elif found := ITEM.fullmatch(line):
            if paragraph:
                finish()
            items.append(found[1])
        elif not line:
            finish()
        elif items:
            items[-1] += f" {line}"
        else:
            paragraph.append(line)
    finish()
    return {title: blocks for title, blocks in notes.items() if blocks}


def add(document: Document, notes: dict[str, list[Block]]) -> Document:
    """Append notes to the sections whose titles match their headings, in any case.

    `The hardest class` matches that section for any class. Notes under other headings become new
    sections before the appendix; text without a heading becomes the first section.
    """
    left = dict(notes)

    def taken(title: str) -> list[Block]:
        """The notes under all headings that name a section."""
        headings = [heading for heading in left if _key(heading) == _key(title)]
        return [block for heading in headings for block in left.pop(heading)]

    sections = [
        replace(section, blocks=[*section.blocks, *taken(section.title)])
        for section in document.sections
    ]
    if preface := taken(PREFACE):
        sections.insert(0, Section(PREFACE, preface))
    at = next(
        (i for i, section in enumerate(sections) if _key(section.title) == "appendix"),
        len(sections),
    )
    sections[at:at] = [Section(title, blocks) for title, blocks in left.items()]
    return replace(document, sections=sections)


def _key(title: str) -> str:
    return title.partition(":")[0].strip().casefold()
