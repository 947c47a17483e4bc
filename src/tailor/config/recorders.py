"""The keys of `recorders`, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from omegaconf import DictConfig, OmegaConf

from tailor.errors import ConfigError

RECORDERS = "tailor.training.recorders."


def check_recorder_packages(recorders: Mapping[str, Any] | None) -> None:
    """Check that the packages behind our own recorders are installed.

    Raises:
        ConfigError: one or more are not; the message has the pip command.
    """
    targets = [str(one.get("_target_")) for one in (recorders or {}).values() if one]
    packages = [
        target.removeprefix(RECORDERS).partition(".")[0]
        for target in targets
        if target.startswith(RECORDERS)
    ]
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"`recorders` names {', '.join(missing)}, which is not installed. Install it: pip "
            f"install {' '.join(missing)}, or leave it out: recorders=none."
        )


def chosen_recorders(config: DictConfig) -> dict[str, Any]:
    """Return what `recorders` lists in a composed config: by name, a `_target_` with arguments.

    Raises:
        ConfigError: it is no such mapping, or needs a package that is not installed.
    """
    chosen = OmegaConf.to_container(config.recorders, resolve=True)
    if not isinstance(chosen, dict) or not all(
        one is None or isinstance(one, dict) for one in chosen.values()
    ):
        raise ConfigError(
            "`recorders` must be a group's option or a mapping of {name: {_target_: ...}}, got "
            f"{chosen!r}."
        )
    check_recorder_packages(chosen)  # type: ignore[arg-type]
    return chosen  # type: ignore[return-value]
