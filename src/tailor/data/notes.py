"""Lists in sentences, and what is told of images that were left out."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 10


def listed(items: Sequence[str]) -> str:
    """Join the first ten items and count the others."""
    more = f"; and {len(items) - NAMED:,} more" if len(items) > NAMED else ""
    return "; ".join(items[:NAMED]) + more


def skipped_note(where: str, thing: str, skipped: Sequence[str]) -> tuple[str, ...]:
    """Return one sentence that counts what was skipped and names the first of it, or nothing."""
    if not skipped:
        return ()
    things = f"{len(skipped):,} {thing}{'s' if len(skipped) > 1 else ''}"
    return (f"{where}: skipped {things} (data.on_error=skip): {listed(skipped)}.",)
