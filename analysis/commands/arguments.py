"""Arguments that the subcommands share."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from rich.console import Console

from analysis.commands import config as schema
from hydra_tailor.terminal import plain_console
from tailor.config import conf_directory
from tailor.errors import ConfigError, why_not_composed

SETTINGS = [field.name for field in fields(schema.AnalyzeConfig)]
SELECTING = ("study", "trial", "run", "data")
"""Settings that select the network."""


def parser_of(name: str, description: str, example: str) -> argparse.ArgumentParser:
    """Return a parser whose positional arguments may be settings of `conf/analyze.yaml`."""
    return argparse.ArgumentParser(
        prog=f"python -m analysis {name}",
        description=description,
        epilog="Select the trial by settings of the analysis: study=NAME, trial=N, run=DIRECTORY. "
        f"{example}",
    )


def is_setting(argument: str) -> bool:
    """Whether an argument is a setting `key=value` and not the name of a file."""
    return "=" in argument and _key_of(argument) in SETTINGS and not Path(argument).exists()


def _key_of(argument: str) -> str:
    """The first part of an override's key, `report` of `report.author=NAME`."""
    return re.split("[.=]", argument.lstrip("+~"), maxsplit=1)[0]


def selection(name: str, settings: Sequence[str], *others: str) -> schema.AnalyzeConfig:
    """Compose the settings of a subcommand, which rejects the settings of the report.

    Args:
        name: of the subcommand.
        settings: as typed.
        others: settings that it accepts besides `SELECTING`.

    Raises:
        ConfigError: the subcommand does not accept a setting, or a value is wrong.
    """
    taken = (*SELECTING, *others)
    for setting in settings:
        key = _key_of(setting)
        if key in SETTINGS and key not in taken:
            raise ConfigError(
                f"{name} takes no `{key}`, which is of the report. It takes {', '.join(taken)}."
            )
    return composed(settings)


def composed(overrides: Sequence[str]) -> schema.AnalyzeConfig:
    """Compose `conf/analyze.yaml` with overrides.

    Raises:
        ConfigError: a key or a value is wrong.
    """
    schema.register()
    try:
        with initialize_config_dir(config_dir=str(conf_directory())):
            return schema.analyze_config(compose("analyze", overrides=list(overrides)))
    except HydraException as error:
        raise ConfigError(why_not_composed(error) or str(error).partition("\n")[0]) from error


def console_of() -> Console:
    return plain_console(soft_wrap=True)
