"""Fonts for names in any script: which are installed, and which letters none of them has."""

from __future__ import annotations

import functools
import unicodedata

from matplotlib import font_manager

SANS = ("DejaVu Sans",)
FALLBACKS = (
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Nirmala UI",
    "Segoe UI",
    "Arial Unicode MS",
)
"""Families that have other scripts than DejaVu Sans, which is part of matplotlib."""
MAX_LETTERS = 5


@functools.cache
def families() -> tuple[str, ...]:
    """DejaVu Sans and the installed fallbacks: each letter is drawn with the first that has it."""
    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:  # matplotlib's own list is older than a font that was installed now
            _add(path)
    names = set(manager.get_font_names())
    return (*SANS, *(name for name in FALLBACKS if name in names))


def _add(path: str) -> None:
    try:
        font_manager.fontManager.addfont(path)
    except (RuntimeError, OSError):
        return  # no outline font, such as a bitmap font


@functools.cache
def _letters() -> frozenset[int]:
    """Code points that one of the families has."""
    paths = (font_manager.findfont(name) for name in families())
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def missing(text: str) -> str:
    """A line on letters that no font has and what to install; empty if there are none."""
    letters = sorted({c for c in text if c.isprintable() and ord(c) not in _letters()})
    if not letters:
        return ""
    scripts = sorted({unicodedata.name(c, "unknown").split()[0].capitalize() for c in letters})
    shown = " ".join(letters[:MAX_LETTERS]) + (" ..." if len(letters) > MAX_LETTERS else "")
    return (
        f"no installed font has the letters {shown} ({', '.join(scripts)}): they are boxes in the "
        "PDF and in the figures. Install a font of these scripts, for example the Noto fonts "
        "(Debian and Ubuntu: apt install fonts-noto-core fonts-noto-cjk), and run the analysis "
        "again."
    )
