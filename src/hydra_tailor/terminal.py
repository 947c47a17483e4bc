"""Printing names that users chose (studies, choices, classes, files), also in a notebook."""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO

from rich.console import Console, RenderableType

NOTEBOOK_WIDTH = 110
"""Characters in a line of a panel in a notebook."""


def plain_console(*, file: TextIO | None = None, soft_wrap: bool = False) -> Console:
    """Return a console that prints text verbatim; rich would read `[INST]` as markup."""
    return Console(
        file=file,
        soft_wrap=soft_wrap,
        highlight=False,
        markup=False,
        emoji=False,
        # In a notebook, rich would create a separate display for each line. A kernel also sets
        # FORCE_COLOR, which makes rich assume a terminal.
        force_jupyter=False,
        force_terminal=False if in_notebook() else None,
    )


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class Cell:
    """An output below a notebook's cell that is updated in place, like a panel on a terminal."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, renderable: RenderableType) -> None:
        from IPython.display import display

        content = _as_output(renderable)
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(content, raw=True)


def _as_output(renderable: RenderableType) -> dict[str, str]:
    """A renderable as HTML and as text, for front ends that support only one of them."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=NOTEBOOK_WIDTH,
        color_system="truecolor",
        force_terminal=True,
        force_jupyter=False,
        markup=False,  # values of parameters may have brackets
        emoji=False,
    )
    console.print(renderable)
    pre = '<pre style="white-space:pre;overflow-x:auto;line-height:1.3">{code}</pre>'
    return {
        "text/plain": console.export_text(clear=False).rstrip(),
        "text/html": console.export_html(inline_styles=True, code_format=pre),
    }
