"""Rules of the keys `data.source.*` of tables and arrays.

OmegaConf checks no type there: a source is any function, with arguments of any type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hydra_tailor.bounds import Rule, is_number, is_whole
from tailor.errors import DataError

LAYOUTS = ("NHW", "NHWC", "NCHW")
"""Orders of the axes of an array of images."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_column(value: Any) -> bool:
    return _is_text(value) or is_whole(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _are_columns(value: Any) -> bool:
    return _is_column(value) or (_is_list(value) and all(map(_is_column, value)))


def _is_shape(value: Any) -> bool:
    return _is_list(value) and len(value) in (2, 3) and all(is_whole(n) and n > 0 for n in value)


def _are_classes(value: Any) -> bool:
    if not isinstance(value, Mapping) and not _is_list(value):
        return False
    names = value.values() if isinstance(value, Mapping) else value
    return not any(isinstance(name, Mapping) or _is_list(name) for name in names)


def _is_factor(value: Any) -> bool:
    return is_number(value) and math.isfinite(value) and value > 0


def _are_two_names(value: Any) -> bool:
    return _is_list(value) and len(value) == 2 and all(map(_is_text, value))


def _or_null(words: str, holds: Callable[[Any], bool]) -> Rule:
    return Rule(f"{words}, or null", lambda value: value is None or holds(value))


_FILE = Rule("the path of a file", _is_text)
_TWO_ARRAYS = _or_null("[IMAGES, LABELS], the names of two arrays", _are_two_names)
RULES = {
    "root": Rule("the path of a directory", _is_text),
    "path": _FILE,
    "train": _FILE,
    "test": _or_null("the path of a file", _is_text),
    "label": _or_null("a column's name, or its position from 0", _is_column),
    "header": _or_null("true, false", lambda value: isinstance(value, bool)),
    "delimiter": _or_null("one character, \\t for a tab", _is_text),
    "encoding": _or_null("the name of an encoding", _is_text),
    "drop": Rule("a column's name or position, or a list of these", _are_columns),
    "shape": _or_null("[height, width] or [channels, height, width]", _is_shape),
    "classes": _or_null("a list of names, or a mapping of labels to names", _are_classes),
    "scale": Rule("a finite number above 0", _is_factor),
    "train_keys": _TWO_ARRAYS,
    "test_keys": _TWO_ARRAYS,
    "layout": _or_null(f"one of {', '.join(LAYOUTS)}", lambda value: value in LAYOUTS),
    "on_error": Rule("raise or skip", lambda value: value in ("raise", "skip")),
}
SECTIONS = {"root": "data", "on_error": "data"}
"""Where a key is set, if not in `data.source`."""


def check_arguments(**given: Any) -> None:
    """Check arguments of a source, by their names.

    Raises:
        DataError: a value is of the wrong kind or out of bounds.
    """
    for name, value in given.items():
        rule, section = RULES[name], SECTIONS.get(name, "data.source")
        if not rule.holds(value):
            raise DataError(f"`{section}.{name}` must be {rule.words}, got {value!r}.")
