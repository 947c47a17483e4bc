"""All settings of a run as dotted keys, as they are typed on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.wording import number
from tailor.config import RunConfig

NO_EFFECT = ("root", "source")
"""Keys of the data that say where the files are, which does not affect results."""


def settings_of(config: RunConfig) -> dict[str, str]:
    """The value of each setting, in words, by its key."""
    content = asdict(config)
    for key in NO_EFFECT:
        content["data"].pop(key, None)
    return _flat(content)


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        if key == "_partial_":
            continue
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{name}.")
        elif isinstance(value, (list, tuple)):
            flat[name] = "[" + ", ".join(number(item) for item in value) + "]"
        else:
            flat[name] = "none" if value == {} else number(value)
    return flat
