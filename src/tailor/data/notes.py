"""Lists in messages, and notes about skipped images."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LISTED = 10


def listed(items: Sequence[str]) -> str:
    """Join the first ten items and count the others."""
    more = f"; and {len(items) - MAX_LISTED:,} more" if len(items) > MAX_LISTED else ""
    return "; ".join(items[:MAX_LISTED]) + more


def printable(text: str) -> str:
    """Escape the bytes of a file's name that are not UTF-8."""
    return text.encode(errors="backslashreplace").decode()


def skipped_note(where: str, noun: str, skipped: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence that counts the skipped items and lists the first ten, or nothing."""
    if not skipped:
        return ()
    count = f"{len(skipped):,} {noun}{'s' if len(skipped) > 1 else ''}"
    return (f"{where}: skipped {count} (data.on_error=skip): {listed(skipped)}.",)
