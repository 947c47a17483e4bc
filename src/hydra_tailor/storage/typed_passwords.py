"""Passwords typed as `hydra.sweeper.storage=...`: removed before the command line is recorded.

Hydra writes typed overrides into a single run's `.hydra/`, worker processes inherit them, W&B
stores them.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

KEY = "hydra.sweeper.storage"


def hide_typed_passwords() -> None:
    """Move a storage's password from `sys.argv` to the environment, for later processes.

    Call it before the function that `hydra.main` decorates: that one reads `sys.argv`.
    """
    for index, word in enumerate(sys.argv):
        key = word.lstrip("+").partition("=")[0]
        if key == KEY or key.startswith(f"{KEY}."):
            sys.argv[index] = _without_password(word)


def _without_password(word: str) -> str:
    # Imported here: most commands name no storage and need not wait for it.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Quote, QuotedString
    from hydra.errors import HydraException

    from hydra_tailor.storage.passwords import move_to_environment

    def bare(value: Any) -> Any:
        match value:
            case dict():
                return {key: bare(inner) for key, inner in value.items()}
            case list():
                return [bare(inner) for inner in value]
            case str():  # quoted, so that an interpolation is written back as one
                return bare(QuotedString(value, Quote.single))
            case QuotedString(text=text) if (
                "${" not in text
            ):  # not a URL yet; the sweep resolves it
                return QuotedString(move_to_environment(text), value.quote)
        return value

    try:
        override = OverridesParser.create().parse_override(word)
    except HydraException:
        return word  # Hydra refuses it as well, with its reason
    without = dataclasses.replace(override, _value=bare(override._value))
    if without.value() == override.value():
        return word
    return f"{word.partition('=')[0]}={without.get_value_element_as_str()}"
