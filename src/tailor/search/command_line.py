"""Passwords typed as `hydra.sweeper.storage=...`: gone before anybody keeps the typed words.

Hydra writes them into a single run's `.hydra/`, worker processes inherit them, W&B records them.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

KEY = "hydra.sweeper.storage"


def hide_typed_passwords() -> None:
    """Move a storage's password from `sys.argv` to the environment, where later processes look.

    To be called before the function that `hydra.main` decorates, which is when Hydra reads them.
    """
    for index, word in enumerate(sys.argv):
        key = word.lstrip("+").partition("=")[0]
        if key == KEY or key.startswith(f"{KEY}."):
            sys.argv[index] = _without_password(word)


def _without_password(word: str) -> str:
    # Here, for a command that names no storage is not to wait for them.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Quote, QuotedString
    from hydra.errors import HydraException

    from tailor.search.password import move_to_environment

    def bare(value: Any) -> Any:
        match value:
            case dict():
                return {key: bare(one) for key, one in value.items()}
            case list():
                return [bare(one) for one in value]
            case str():  # quoted: so an interpolation stays one when it is written again
                return bare(QuotedString(value, Quote.single))
            case QuotedString(text=text) if "${" not in text:  # not a URL yet; a sweep sees to it
                return QuotedString(move_to_environment(text), value.quote)
        return value

    try:
        override = OverridesParser.create().parse_override(word)
    except HydraException:
        return word  # Hydra refuses it as well, and says why
    without = dataclasses.replace(override, _value=bare(override._value))
    if without.value() == override.value():
        return word
    return f"{word.partition('=')[0]}={without.get_value_element_as_str()}"
