"""Values in Hydra's override grammar: written and read back unchanged."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException

from hydra_tailor.errors import ConfigError

BARE = re.compile(r"[\w./:@%+-]+")
"""Characters that a string without quotes may consist of."""

Value = Any
"""None, a bool, an int, a float or a string; lists and dicts are text in the grammar."""


def encode(value: Value) -> str:
    """Write a value so that Hydra's grammar reads it back unchanged.

    Strings are always quoted: `'1'` stays a string, and commas, spaces and quotes stay inside.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return QuotedString(value, Quote.single).with_quotes()
        case list() | tuple():
            return "[" + ",".join(map(encode, value)) + "]"
        case Mapping():
            return "{" + ",".join(f"{_key(k)}:{encode(v)}" for k, v in value.items()) + "}"
    raise ConfigError(f"a searched value must be a scalar, a list or a dict, got {value!r}.")


def encode_bare(value: Value) -> str:
    """Write a value as a user types it: a string has no quotes if it can be read back without.

    The overrides of a job appear in `hydra.overrides.task` and in its directory's name.
    """
    if isinstance(value, str) and BARE.fullmatch(value) and _reads_back(value):
        return value
    return encode(value)


def bare(key: str) -> str:
    """A key without the `+` or `++` of its override."""
    return key.lstrip("+")


@functools.lru_cache(maxsize=1024)
def _reads_back(text: str) -> bool:
    try:
        read = OverridesParser.create().parse_override(f"key={text}").value()
    except HydraException:
        return False
    return type(read) is str and read == text


def _key(key: Any) -> str:
    """Write a dict's key: the grammar has no quotes there, only escapes."""
    if not isinstance(key, str):
        return encode(key)
    text = re.sub(r"([\\()\[\]{}:=, \t])", r"\\\1", key)
    try:
        read = OverridesParser.create().parse_override(f"key={{{text}:0}}").value()
    except HydraException:
        read = None
    if read != {key: 0}:
        raise ConfigError(f"Hydra's grammar cannot write {key!r} as a key of a dict.")
    return text


def plain(element: Any) -> Any:
    """A parsed element of the grammar as a Python value."""
    match element:
        case QuotedString():
            return element.text
        case list():
            return [plain(inner) for inner in element]
        case dict():
            return {plain(key): plain(inner) for key, inner in element.items()}
    return element


def is_scalar(value: Any) -> bool:
    return not isinstance(value, (list, tuple, Mapping))


def texts_of(choices: Sequence[Any]) -> dict[str, str]:
    """The choices that Optuna stores as text: their text in the grammar, by label.

    These are lists and dicts. If Optuna could not tell two choices apart (1 and true, or a list
    and a string that looks like it), these are all choices.
    """
    labels = [choice if is_scalar(choice) else encode(choice) for choice in choices]
    texts = [encode(choice) for choice in choices]
    confused = any(
        labels[i] == labels[j] and texts[i] != texts[j]
        for i, j in itertools.combinations(range(len(choices)), 2)
    )
    return {
        text: text
        for choice, text in zip(choices, texts, strict=True)
        if confused or not is_scalar(choice)
    }
