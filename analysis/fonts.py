"""Choose installed fonts for names in any script, and report letters that no font has."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

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
"""Common families for scripts that DejaVu Sans, which comes with matplotlib, lacks."""
LAST_RESORT = re.compile("last ?resort", re.IGNORECASE)
"""Fonts that draw a box for every letter."""
NORMAL = 400
MAX_LETTERS = 5


def families(text: str = "") -> tuple[str, ...]:
    """DejaVu Sans and the installed fallbacks: each letter is drawn with the first that has it.

    Args:
        text: if these fonts lack some of its letters, other installed fonts are added.
    """
    chosen = list(_usual())
    while lacking := _lacking(text, chosen):
        has = {name: lacking & _letters(name) for name in _installed()}
        most = max(has, key=lambda name: len(has[name]))
        if not has[most]:
            break
        chosen.append(most)
    return tuple(chosen)


@functools.cache
def _usual() -> tuple[str, ...]:
    return (*SANS, *(name for name in FALLBACKS if name in _installed()))


@functools.cache
def _installed() -> dict[str, str]:
    """Font file of each installed family, in its most usual weight; DejaVu is matplotlib's own."""
    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    system = font_manager.findSystemFonts()
    for path in system:
        if path not in known:  # matplotlib's cached list lacks new fonts
            _add(path)
    usable = [
        entry
        for entry in manager.ttflist
        if entry.name in SANS or (entry.fname in system and not LAST_RESORT.match(entry.name))
    ]
    usable.sort(key=lambda entry: (entry.name, entry.style == "normal", entry.weight == NORMAL))
    return {entry.name: entry.fname for entry in usable}


def _add(path: str) -> None:
    try:
        font_manager.fontManager.addfont(path)
    except (RuntimeError, OSError):
        return  # not an outline font, but for example a bitmap font


@functools.cache
def _letters(family: str) -> frozenset[str]:
    return frozenset(map(chr, font_manager.get_font(_installed()[family]).get_charmap()))


def _lacking(text: str, names: Sequence[str]) -> set[str]:
    """The letters of a text that no font of these families has."""
    return {letter for letter in text if letter.isprintable()}.difference(*map(_letters, names))


def missing(text: str) -> str:
    """A message on letters that no font has and the fonts to install; empty without any."""
    letters = sorted(_lacking(text, families(text)))
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
