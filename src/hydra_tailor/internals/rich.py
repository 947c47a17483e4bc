"""Private names of rich that the live view needs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.live import Live


def note_reflow(live: Live, line_widths: Sequence[int], width: int) -> None:
    """Tell a display how many rows its lines take since the terminal became narrower.

    A narrower terminal wraps lines that are too long, and rich would erase too few rows.

    Args:
        live: the display.
        line_widths: widths of the lines when they were drawn, in characters.
        width: current width of the terminal.
    """
    rows = sum(max(1, math.ceil(characters / width)) for characters in line_widths)
    # The only place where rich keeps it; `Live` has no method for it.
    live._live_render._shape = (width, rows)
