"""Rules of settings, declared with the field: `epochs: int = bounded(at_least=1)`.

This one line defines the check and its message. The rule is stored in the field's metadata,
because OmegaConf takes plain dataclasses as structured configs and does not support `Annotated`
bounds. The validators of attrs or pydantic stop at the first wrong value and do not name its
dotted key.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, TypeGuard

from omegaconf import MISSING
from omegaconf.errors import OmegaConfBaseException

from hydra_tailor.errors import ConfigError

RULE = "rule"


@dataclass(frozen=True)
class Rule:
    """What a value must be: in words, and as a predicate that takes a value of any type."""

    words: str
    holds: Callable[[Any], bool]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is an int or a float; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is an int; true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def bounded(
    default: Any = MISSING,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    or_null: bool = False,
    or_word: str | None = None,
) -> Any:
    """Declare a dataclass field that holds a finite number within bounds.

    Args:
        default: the field's default; without one the value must come from a file.
        above: exclusive lower bound.
        at_least: inclusive lower bound.
        below: exclusive upper bound.
        at_most: inclusive upper bound.
        or_null: whether None is allowed too.
        or_word: a word that is allowed too, such as `auto`.
    """

    def holds(value: Any) -> bool:
        if value is None or isinstance(value, str):
            return (or_null and value is None) or (or_word is not None and value == or_word)
        if not is_number(value):
            return False
        return (
            math.isfinite(value)
            and (above is None or value > above)
            and (at_least is None or value >= at_least)
            and (below is None or value < below)
            and (at_most is None or value <= at_most)
        )

    interval = _interval(above, at_least, below, at_most)
    alternatives = [word for word in (or_word, "null" if or_null else None) if word]
    return ruled(", or ".join([interval, *alternatives]), holds, default=default)


def one_of(options: Sequence[str], default: Any = MISSING) -> Any:
    """Declare a dataclass field that holds one of the given words."""
    return ruled(f"one of {', '.join(options)}", lambda value: value in options, default=default)


def ruled(words: str, holds: Callable[[Any], bool], default: Any = MISSING) -> Any:
    """Declare a dataclass field with a custom rule.

    Args:
        words: completes the sentence "`key` must be ...".
        holds: whether a value is valid; called with values of any type.
        default: the field's default; lists and dicts are copied for each instance.
    """
    metadata = {RULE: Rule(words, holds)}
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: default.copy(), metadata=metadata)
    return field(default=default, metadata=metadata)


def check_whole_number(key: str, value: Any, *, at_least: int, or_null: bool = False) -> None:
    """Check an argument of a class that a config names.

    Raises:
        ConfigError: it is no whole number of `at_least` or more; None is one with `or_null`.
    """
    if or_null and value is None:
        return
    if not is_whole(value) or value < at_least:
        raise ConfigError(
            f"`{key}` must be a whole number of {at_least} or more{', or null' * or_null}, got "
            f"{value!r}."
        )


@contextmanager
def config_errors() -> Iterator[None]:
    """Turn an error of OmegaConf, such as a missing value, into a `ConfigError`."""
    try:
        yield
    except OmegaConfBaseException as error:
        key = f"`{error.full_key}`: " if error.full_key else ""
        raise ConfigError(f"{key}{str(error).partition(chr(10))[0]}.") from error


class ClosedSettings:
    """Base of settings to which no key can be added, not even with Hydra's `+key=value`.

    When OmegaConf turns a config into an object, it sets unknown keys as attributes.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        refuse_unknown_keys(type(self), [name], prefix=getattr(self, "KEY", ""))
        super().__setattr__(name, value)


def refuse_unknown_keys(settings: type, keys: Iterable[str], *, prefix: str = "") -> None:
    """Check that every key is a field.

    Args:
        settings: a dataclass.
        keys: the keys that a config sets.
        prefix: dotted key of the settings in the config.

    Raises:
        ConfigError: a key is not a field; the message suggests the most similar field.
    """
    known = [declared.name for declared in fields(settings)]
    unknown = next((key for key in keys if key not in known), None)
    if unknown is None:
        return
    dot = f"{prefix}." if prefix else ""
    shown = [key for key in known if key != "defaults" and not key.startswith("_")]
    meant = difflib.get_close_matches(unknown, shown, n=1)
    hint = f"Did you mean `{dot}{meant[0]}`?" if meant else f"The keys are {', '.join(shown)}."
    raise ConfigError(f"there is no key `{dot}{unknown}`. {hint}")


def problems_of(settings: Any, prefix: str = "") -> list[str]:
    """Return one sentence for each setting that breaks its rule.

    Args:
        settings: a dataclass instance; its method `conflicts`, where it has one, adds sentences
            about settings that exclude each other.
        prefix: dotted key of `settings` in the config.
    """
    problems = []
    for declared in fields(settings):
        rule, value = declared.metadata.get(RULE), getattr(settings, declared.name)
        if rule is not None and not rule.holds(value):
            problems.append(broken(f"{prefix}.{declared.name}".lstrip("."), rule.words, value))
    return problems + (settings.conflicts() if hasattr(settings, "conflicts") else [])


def broken(key: str, words: str, value: Any) -> str:
    """Return the sentence about a setting that breaks its rule."""
    return f"`{key}` must be {words}, got {value!r}"


def _interval(
    above: float | None, at_least: float | None, below: float | None, at_most: float | None
) -> str:
    low, high = (at_least if above is None else above), (at_most if below is None else below)
    if high is None:
        return f"a finite number above {low:g}" if at_least is None else f"{low:g} or more"
    if low is None:
        return f"below {high:g}" if at_most is None else f"{high:g} or less"
    top = "2^32" if high == 2**32 else f"{high:g}"
    return f"in {'(' if at_least is None else '['}{low:g}, {top}{')' if at_most is None else ']'}"
