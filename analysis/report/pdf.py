"""The report as PDF: typst reads the document as JSON and typesets it with `report.typ`."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import typst

from analysis.report.document import Document, as_dict

TEMPLATE = Path(__file__).with_name("report.typ")


def save(document: Document, figures: Path, path: Path) -> None:
    """Write the PDF.

    Args:
        figures: directory with `<name>.svg` of every figure in the document.
    """
    # typst reads only files below its root, so all of them are copied into one directory.
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        shutil.copy(TEMPLATE, root / "report.typ")
        for figure in document.figures:
            shutil.copy(figures / f"{figure.name}.svg", root)
        (root / "document.json").write_text(json.dumps(as_dict(document)), encoding="utf-8")
        typst.compile(root / "report.typ", output=path, root=root)
