"""The tables of keys in docs/sweeper.md list every key with its default."""

import json
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from hydra_tailor.jobs.settings import LocalLauncherSettings
from hydra_tailor.sweep.settings import SweeperSettings

PAGE = (Path(__file__).parents[2] / "docs" / "sweeper.md").read_text(encoding="utf-8")
STOCK_KEYS = [  # of hydra-optuna-sweeper's OptunaSweeperConf
    "sampler",
    "direction",
    "storage",
    "study_name",
    "n_trials",
    "n_jobs",
    "max_failure_rate",
    "custom_search_space",
    "params",
]
GROUPS = {"sampler": "tpe", "pruner": "none"}
NOT_KEYS = ("_target_", "defaults")


def tables(prefix: str) -> list[list[tuple[str, str, str]]]:
    """The rows (key, default, meaning) of each table whose first header is `prefix`."""
    header = rf"^\| `{re.escape(prefix)}`.* \| default \| what it does \|\n\|(?:-+\|){{3}}\n"
    found = re.findall(rf"{header}((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[row_of(line) for line in body.splitlines()] for body in found]


def row_of(line: str) -> tuple[str, str, str]:
    match = re.fullmatch(r"\| `(\w+)` \| `([^`]+)` \| (.+) \|", line)
    assert match, f"not a row of key, default and meaning: {line}"
    return match[1], match[2], match[3]


def keys_of(settings: type) -> dict[str, Field[Any]]:
    return {field.name: field for field in fields(settings) if field.name not in NOT_KEYS}


def default_of(field: Field[Any]) -> str:
    """The default as a config would have it."""
    if field.name in GROUPS:
        return GROUPS[field.name]
    value = field.default if field.default_factory is MISSING else field.default_factory()
    return value if isinstance(value, str) else json.dumps(value)


CLASSES = [
    pytest.param("hydra.sweeper.", SweeperSettings, id="sweeper"),
    pytest.param("hydra.launcher.", LocalLauncherSettings, id="local launcher"),
]


@pytest.mark.parametrize(("prefix", "settings"), CLASSES)
def test_each_key_has_one_row(prefix: str, settings: type) -> None:
    documented = [key for table in tables(prefix) for key, _, _ in table]
    assert sorted(documented) == sorted(keys_of(settings))


@pytest.mark.parametrize(("prefix", "settings"), CLASSES)
def test_each_row_has_the_default(prefix: str, settings: type) -> None:
    documented = {key: default for table in tables(prefix) for key, default, _ in table}
    assert documented == {key: default_of(field) for key, field in keys_of(settings).items()}


def test_the_first_table_has_the_keys_of_the_stock_sweeper() -> None:
    from hydra_plugins.hydra_optuna_sweeper.config import OptunaSweeperConf

    assert sorted(STOCK_KEYS) == sorted(keys_of(OptunaSweeperConf))
    stock, _ = tables("hydra.sweeper.")
    assert [key for key, _, _ in stock] == STOCK_KEYS


def test_the_groups_have_the_defaults_of_the_defaults_list() -> None:
    groups: dict[str, str] = {}
    for group in SweeperSettings().defaults:
        groups |= group
    assert groups == GROUPS
