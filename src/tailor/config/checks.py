"""How bounds are checked: all at once, each with a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Check = tuple[str, Any, bool, str]
"""Key, the value given, whether it will do, and the rule in words."""


def problems_of(checks: Iterable[Check]) -> list[str]:
    """Return one sentence for each check that failed."""
    return [
        f"`{key}` must be {rule}, got {value!r}" for key, value, holds, rule in checks if not holds
    ]
