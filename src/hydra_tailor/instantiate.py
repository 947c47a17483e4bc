"""Building the objects that a config names by `_target_`, from one allow-list per kind.

A run directory that somebody else wrote is read like one's own. So each key of a config accepts
only targets of its kind (a pruner where pruners belong) and the modules in `TAILOR_TRUST`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from hydra_tailor.errors import ConfigError, TailorError
from hydra_tailor.names import TRUST_VARIABLE

TARGET_RULE = "a mapping with the name of a class or a function at `_target_`"


def is_target(value: Any) -> bool:
    """Whether a value is a config with a `_target_`, or an object that such a config became."""
    if isinstance(value, Mapping):
        return isinstance(value.get("_target_"), str)
    return isinstance(getattr(value, "_target_", None), str)


def build(key: str, config: Mapping[str, Any], *, trusted: Sequence[str], **arguments: Any) -> Any:
    """Call the `_target_` of `config` with its arguments and those given here.

    Args:
        key: the config's dotted key, for error messages.
        config: a mapping with `_target_`.
        trusted: allowed targets: dotted names, or `module.*` for all of a module.
        arguments: take precedence over those in `config`.

    Raises:
        ConfigError: the target is not trusted, cannot be found, or refuses its arguments.
        TailorError: raised by the target itself, unchanged.
    """
    if not is_target(config):
        raise ConfigError(
            f"`{key}` must be {TARGET_RULE}, as in {{_target_: my_module.MyClass}}, got "
            f"{config!r}."
        )
    target = config["_target_"]
    admitted = (*trusted, *trusted_by_user())
    if not any(_matches(target, pattern) for pattern in admitted):
        raise ConfigError(f"`{key}`: {_not_admitted(target, admitted)}")
    try:
        return instantiate(
            config,
            **arguments,
            _convert_="all",  # plain lists and dicts, which torch and any class can store
            _execution_whitelist_=(*admitted, *_homes(admitted)),
        )
    except InstantiationException as error:
        if isinstance(error.__cause__, TailorError):
            raise error.__cause__ from None
        reason = error.__cause__ or str(error).partition("\n")[0]
        raise ConfigError(f"`{key}`: {target!r} cannot be built: {reason}") from error
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"`{key}`: {target!r} cannot be built: {error}") from error


def trusted_by_user() -> tuple[str, ...]:
    """Return the patterns that `TAILOR_TRUST` lists."""
    listed = (name.strip() for name in os.environ.get(TRUST_VARIABLE, "").split(","))
    return tuple(name if name.endswith(".*") else f"{name}.*" for name in listed if name)


def function_of_program(key: str, path: str) -> Any:
    """Return a class or function of the user's program, to be called later.

    The program's `hydra.main(execution_whitelist=...)` decides which names it may call.

    Args:
        key: the path's dotted key, for error messages.
        path: dotted path of the class or function.

    Raises:
        ConfigError: nothing callable has this path.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"hydra.utils.instantiate\(\) resolved")
            return instantiate({"_target_": path, "_partial_": True})
    except InstantiationException as error:
        reason = error.__cause__ or str(error).partition("\n")[0]
        raise ConfigError(
            f"`{key}` must be the dotted path of a class or function, got {path!r}: {reason}"
        ) from error


def _not_admitted(target: str, admitted: Sequence[str]) -> str:
    module = target.rpartition(".")[0]
    return (
        f"{target!r} cannot stand here. Admitted are {', '.join(admitted)}. If you trust its "
        f"code, type {TRUST_VARIABLE}={module or target} before the command."
    )


def _homes(admitted: Sequence[str]) -> Iterator[str]:
    """Names in the modules that define them, which Hydra compares instead of public names."""
    for name in admitted:
        module, _, attribute = name.rpartition(".")
        if attribute != "*" and module:
            with contextlib.suppress(ImportError):
                defined = getattr(importlib.import_module(module), attribute, None)
                if home := getattr(defined, "__module__", None):
                    yield f"{home}.{attribute}"


def _matches(target: str, pattern: str) -> bool:
    return target.startswith(pattern[:-1]) if pattern.endswith(".*") else target == pattern
