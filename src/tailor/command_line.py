"""Checks of the arguments of `src/train.py`, before Hydra reads them.

Hydra's own messages advise to append an unknown key with `+`, which is an error here.
"""

from __future__ import annotations

import difflib
import re
import shlex
import sys
from collections.abc import Iterator, Sequence

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, QuotedString
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.internals.hydra import get_args_parser
from tailor import config as schema
from tailor.errors import ConfigError

PROGRAM = "python src/train.py"
MODES = {"multirun": "-m", "cfg": "--cfg", "info": "--info", "shell_completion": "-sc"}
"""Flags of Hydra that exclude each other, by their name in its parser."""
CONFIG_FLAGS = ("config_dir", "config_name", "config_path")
SEARCHED = ("model", "optimizer", "training", "data", "hydra.sweeper", "hydra.launcher")
"""Sections whose keys are suggested, the most usual first."""

ALSO_CALLED = {"learning_rate": "lr", "layers": "num_layers", "trials": "n_trials"}
"""Names in papers and libraries -> our keys."""
OF_HYDRA = ("hydra.sweeper", "hydra.launcher")
"""Hydra's own groups; a value would replace the whole group."""
NEEDED = frozenset(schema.TrainConfig.__dataclass_fields__) - {"recorders"}
"""Keys without which there is no run."""
MIN_LIKENESS = 0.75
MAX_NAME = 200
"""Characters of a key or of a choice; Hydra looks for files of these names."""
MAX_DIGITS = 308
"""Of a whole number that still fits into a float."""


DRY_RUN = "hydra.sweeper.dry_run=true"
"""Replaces `--help` beside `-m`: Hydra itself composes no search for its help."""


def checked(arguments: Sequence[str]) -> list[str]:
    """Refuse arguments that are certainly wrong, and say what to type; note those without effect.

    Args:
        arguments: as typed, without the program.

    Returns:
        The arguments for Hydra; `-m --help` becomes a dry run, which describes the search of `-m`.

    Raises:
        ConfigError: an unknown flag, a key without its section, or flags that exclude each other.
    """
    typed, unknown = get_args_parser().parse_known_args(list(arguments))
    # Hydra's parser counts overrides after a flag as unknown arguments.
    overrides = [*typed.overrides, *(word for word in unknown if not word.startswith("-"))]
    flags = [word for word in unknown if word.startswith("-")]
    if flags:
        raise ConfigError(f"there is no flag {flags[0]}. {_instead_of_flag(flags[0], arguments)}")
    _refuse_two_modes(typed, arguments)
    for override in overrides:
        _refuse_too_long(override)
    if not any(getattr(typed, flag) for flag in CONFIG_FLAGS):
        for override in overrides:
            _refuse_leaving_out(override)
            _refuse_bare_key(override)
            _refuse_value_of_group(override)
    if not (typed.multirun or typed.cfg or typed.help or typed.info):
        _note_search_without_flag(overrides)
    if typed.multirun and typed.help:
        return [*(word for word in arguments if word not in ("--help", "-h")), DRY_RUN]
    return list(arguments)


def _instead_of_flag(flag: str, arguments: Sequence[str]) -> str:
    name, _, value = flag.lstrip("-").partition("=")
    if not value:
        following = arguments[list(arguments).index(flag) + 1 :]
        value = following[0] if following and "=" not in following[0] else "VALUE"
    keys = _keys_like(name.replace("-", "_"))
    shown = " or ".join(f"{key}={value}" for key in keys)
    return f"Settings are typed as key=value{f': {shown}' if keys else ''}. {_where_all_are()}"


def _refuse_two_modes(typed: object, arguments: Sequence[str]) -> None:
    given = [flag for name, flag in MODES.items() if getattr(typed, name)]
    if len(given) < 2:
        return
    rest = [word for word in arguments if word not in ("-m", "--multirun")]
    shown = shlex.join(word for word in rest if not is_searched(word))
    raise ConfigError(
        f"{' and '.join(given)} exclude each other: {given[-1]} shows something and runs nothing. "
        f"Type: {PROGRAM} {shown}"
    )


def is_searched(word: str) -> bool:
    """Whether a word is an override with several values: only a search takes it."""
    try:
        return OverridesParser.create().parse_override(word).is_sweep_override()
    except HydraException:
        return False


def _refuse_bare_key(override: str) -> None:
    key, equals, value = override.lstrip("+~").partition("=")
    if not equals or not key.isidentifier() or key in _top_level():
        return
    keys = _keys_like(key)
    hint = " or ".join(f"`{shlex.quote(f'{full}={value}')}`" for full in keys)
    groups = difflib.get_close_matches(key, _top_level(), n=1, cutoff=MIN_LIKENESS)
    advice = f"Type {hint}." if keys else f"Did you mean `{groups[0]}`?" if groups else None
    raise ConfigError(f"there is no key `{key}`. {advice or _where_all_are()}")


def _refuse_leaving_out(override: str) -> None:
    key = override.partition("=")[0].removeprefix("~")
    if override.startswith("~") and key in NEEDED:
        raise ConfigError(
            f"`{key}` cannot be left out with {override}. {_how_to_leave_out(key)}"
            f"{_where_all_are()}"
        )


def _refuse_too_long(override: str) -> None:
    key = override.partition("=")[0]
    if max(map(len, re.split("[./@:]", key))) > MAX_NAME:
        raise ConfigError(
            f"there is no key of {len(key)} characters, got {key[:20]}.... {_where_all_are()}"
        )
    if digits := re.search(rf"\d{{{MAX_DIGITS + 1},}}", override):
        raise ConfigError(
            f"`{key}` must have numbers of at most {MAX_DIGITS} digits, got one of "
            f"{len(digits[0])}."
        )


def _refuse_value_of_group(override: str) -> None:
    """Refuse a number or a mapping where the name of a choice belongs."""
    key, equals, value = override.lstrip("+~").partition("=")
    group = key.replace(".", "/") if key in OF_HYDRA else key.partition("@")[0]
    is_of_hydra = key in OF_HYDRA or key.startswith("hydra/")
    if not equals or not (is_of_hydra or (schema.conf_directory() / group).is_dir()):
        return
    try:
        read = OverridesParser.create().parse_override(override).value()
    except HydraException:
        return  # Hydra reports the error
    if key in OF_HYDRA or not _may_be_name(read):
        raise ConfigError(
            f"`{key}` takes the name of a choice, as in {group}=NAME, got {value[:MAX_NAME]}. "
            f"{_how_to_leave_out(group) if read is None else ''}{_where_all_are()}"
        )


def _how_to_leave_out(group: str) -> str:
    if (schema.conf_directory() / group / "none.yaml").exists():
        return f"To leave it out, type {group}=none. "
    needed = group in NEEDED or "/" in group
    return "" if needed else f"To leave it out, type ~{group}. "


def _may_be_name(value: object) -> bool:
    if isinstance(value, ChoiceSweep):
        return all(map(_may_be_name, value.list))
    if isinstance(value, list):
        return all(map(_is_name, value))
    return isinstance(value, Glob) or _is_name(value)


def _is_name(value: object) -> bool:
    text = value.text if isinstance(value, QuotedString) else value
    return isinstance(text, str) and len(text) <= MAX_NAME


def _note_search_without_flag(overrides: Sequence[str]) -> None:
    if any(override.partition("=")[0] == "search" for override in overrides):
        print(
            "nothing is searched: without -m this is one run, with the config's own values. To "
            f"search: {PROGRAM} -m {shlex.join(overrides)}",
            file=sys.stderr,
        )


def _where_all_are() -> str:
    return f"{PROGRAM} --help lists every key."


def _top_level() -> set[str]:
    groups = {path.name for path in schema.conf_directory().iterdir() if path.is_dir()}
    return {*groups, *schema.TrainConfig.__dataclass_fields__, "hydra"}


def _keys_like(name: str) -> list[str]:
    """Dotted keys whose last part is `name`, or else resembles it."""
    schema.register()
    with initialize_config_dir(str(schema.conf_directory())):
        config = compose("train", return_hydra_config=True)
    known = [
        f"{section}.{key}"
        for section in SEARCHED
        for key in _leaves(OmegaConf.select(config, section))
    ] + [key for key in schema.TrainConfig.__dataclass_fields__ if key not in SEARCHED]
    last = [key.rpartition(".")[2] for key in known]
    name = ALSO_CALLED.get(name, name)
    close = difflib.get_close_matches(name, last, n=1, cutoff=MIN_LIKENESS)
    return [key for key, part in zip(known, last, strict=True) if part in close]


def _leaves(section: DictConfig) -> Iterator[str]:
    for key in section:
        if not str(key).startswith("_") and not OmegaConf.is_dict(section._get_node(key)):
            yield str(key)
