"""Parts of `--help`: each config group's options with their files' opening comments, and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

NOT_CHOSEN_BY_USERS = ("hydra", "schema")
INDENT = "  "
CHOSEN = "* "


def options(choices: Mapping[str, Any], *only: str) -> str:
    """Every group with its options, one per line; a star marks the chosen ones.

    Args:
        choices: the chosen option of each config group.
        only: the groups to show; none shows all.

    Returns:
        Text for Hydra's template of `--help`: `$` is doubled. Empty outside a Hydra program.
    """
    if not GlobalHydra.instance().is_initialized():
        return ""
    loader = GlobalHydra.instance().config_loader()
    groups = only or [name for name in loader.list_groups("") if name not in NOT_CHOSEN_BY_USERS]
    lines = [line for group in sorted(groups) for line in _lines(loader, group, choices)]
    return _for_template("\n".join(lines))


def as_yaml(key: str, node: Any) -> str:
    """The keys of a node of the config under its name, for the template of `--help`."""
    return _for_template(OmegaConf.to_yaml({key: node}))


def _for_template(text: str) -> str:
    return text.replace("$", "$$")


def description(text: str) -> str:
    """The first line of a config file's opening comment that is not a command or directive."""
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment = line.lstrip("#").strip()
        if comment and not comment.startswith(("@", "python ", "make ")):
            return comment
    return ""


def _lines(loader: ConfigLoader, group: str, choices: Mapping[str, Any]) -> Iterator[str]:
    names = sorted(loader.get_group_options(group))
    width = max(map(len, names), default=0)
    chosen = choices.get(group)
    yield group
    for name in names:
        mark = CHOSEN if name == chosen else INDENT
        yield f"{INDENT}{mark}{name:<{width}}  {_description_of(loader, f'{group}/{name}')}"


def _description_of(loader: ConfigLoader, option: str) -> str:
    for source in loader.get_sources():
        path = Path(source.path, f"{option}.yaml")
        if source.scheme() == "file" and path.is_file():
            return description(path.read_text(encoding="utf-8"))
    return ""
