"""Building what a config names by `_target_`, from trusted modules only.

A run directory that somebody else wrote is read like one's own, so a config may name only what
tailor, torch and torchvision offer, and the modules that the user lists in `TAILOR_TRUST`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate

from tailor.errors import ConfigError, TailorError
from tailor.names import TRUST_VARIABLE

TRUSTED = (
    "tailor.*",
    "optuna.pruners.*",
    "optuna.samplers.*",
    "optuna.storages.*",
    "hydra_plugins.hydra_optuna_sweeper.*",
    "torch.nn.*",
    "torch.optim.*",
    "torchvision.models.*",
    "torchvision.transforms.*",
)


def trusted_targets() -> tuple[str, ...]:
    """Return the patterns of what a config may name, the user's own modules among them."""
    listed = (name.strip() for name in os.environ.get(TRUST_VARIABLE, "").split(","))
    own = (name if name.endswith(".*") else f"{name}.*" for name in listed if name)
    return (*TRUSTED, *own)


def build(key: str, config: Mapping[str, Any], **arguments: Any) -> Any:
    """Call the `_target_` of `config` with its arguments and those given here.

    Args:
        key: where the config stands, for the message of an error.
        config: a mapping with `_target_`.
        arguments: take precedence over those in `config`.

    Raises:
        ConfigError: the target is not trusted, cannot be found, or refuses its arguments.
        TailorError: what the target itself raised, unchanged.
    """
    target = config.get("_target_")
    if not isinstance(target, str):
        raise ConfigError(
            f"`{key}._target_` must name a class or a function, as in my_module.MyClass, "
            f"got {target!r}."
        )
    try:
        return instantiate(
            config,
            **arguments,
            _convert_="all",  # lists and dicts, which torch and anybody's class can keep and save
            _execution_whitelist_=trusted_targets(),
        )
    except InstantiationException as error:
        if isinstance(error.__cause__, TailorError):
            raise error.__cause__ from None
        raise ConfigError(f"`{key}`: {_explain(target, error)}") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`{key}`: {target!r} cannot be built: {error}") from error


def _explain(target: str, error: InstantiationException) -> str:
    module = target.rpartition(".")[0]
    patterns = trusted_targets()
    if not any(target.startswith(pattern.removesuffix("*")) for pattern in patterns):
        return (
            f"{target!r} is not in a trusted module ({', '.join(patterns)}). If you trust its "
            f"code, type {TRUST_VARIABLE}={module or target} before the command."
        )
    if error.__cause__ is not None:
        return f"{target!r} cannot be built: {error.__cause__}"
    return str(error).partition("\n")[0]
