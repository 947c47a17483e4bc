"""Printing what people named: studies, choices, classes, files."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console


def plain_console(*, file: TextIO | None = None, soft_wrap: bool = False) -> Console:
    """Return a console that prints every text as it is: to rich, `[INST]` would be markup."""
    return Console(file=file, soft_wrap=soft_wrap, highlight=False, markup=False, emoji=False)
