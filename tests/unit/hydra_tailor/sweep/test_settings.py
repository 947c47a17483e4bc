from typing import Any

import pytest

from hydra_tailor.sweep.settings import SweeperSettings
from tailor.errors import ConfigError

KEYS: dict[str, Any] = {
    "sampler": {"_target_": "optuna.samplers.RandomSampler"},
    "pruner": None,
    "direction": "minimize",
    "storage": None,
    "grace_period": None,
    "study_name": None,
    "n_trials": 1,
    "n_jobs": 1,
    "max_failure_rate": 0.5,
    "min_failures": 3,
    "retries": 0,
    "timeout": None,
    "patience": None,
    "target": None,
    "custom_search_space": None,
    "params": None,
    "when": None,
    "enqueue": None,
    "may_differ": [],
    "pictures": False,
    "next_commands": [],
    "results_url": None,
}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("search_space", {}, r"no key `hydra.sweeper.search_space`.* hydra.sweeper.params"),
        ("n_trials", 0, "n_trials` must be 1 or more, got 0"),
        ("n_jobs", 0, r"n_jobs` must be 1 or more, -1 \(one per core\), or auto, got 0"),
        ("n_jobs", -2, "n_jobs` .* got -2"),
        ("n_jobs", "x", "n_jobs` .* got 'x'"),
        ("direction", "up", "direction` must be minimize or maximize.* got 'up'"),
        ("direction", [], r"direction` .* got \[\]"),
        ("max_failure_rate", 1.5, r"in \[0, 1\], got 1.5"),
        ("min_failures", 0, "min_failures` must be 1 or more"),
        ("grace_period", 2, "grace_period` must be 3 or more, or null, got 2"),
        ("retries", -1, "retries` must be 0 or more"),
        ("timeout", 0, "timeout` must be a finite number above 0, or null"),
        ("patience", 0, "patience` must be 1 or more"),
        ("pictures", 3, "pictures` must be the path of a folder, true or false, got 3"),
        ("pictures", "", "pictures` must be the path of a folder"),
        ("when", {"x": 1}, "when` must be a mapping"),
        ("enqueue", [1], "enqueue` must be a list of"),
        ("direction", [[1]], r"direction` must be minimize or maximize.* got \[\[1\]\]"),
        ("sampler", 1, "sampler` must be a mapping with the name of a class .* got 1"),
        ("pruner", [1], "pruner` must be null, or a mapping with the name of a class"),
        ("storage", 1, "storage` must be a URL, null, or a mapping with .* got 1"),
        ("storage", "", "storage` must be a URL, null, or a mapping with .* got ''"),
        ("sampler", "grid", "at `_target_`: type hydra/sweeper/sampler=NAME, got 'grid'"),
        ("storage", {"a": 1}, "storage` must be a URL, null, or a mapping with"),
        ("learn_from", 3, "learn_from` must be the name of another study, .* got 3"),
        ("learn_from", ["a", ""], "learn_from` must be the name of another study"),
    ],
)
def test_an_impossible_value_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SweeperSettings.from_hydra({**KEYS, key: value})


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match="n_trials.*; .*retries"):
        SweeperSettings.from_hydra({**KEYS, "n_trials": 0, "retries": -1})


@pytest.mark.parametrize("key", ["patience", "target", "confirm"])
def test_one_objective_is_needed_for(key: str) -> None:
    several = {**KEYS, "direction": ["minimize", "maximize"]}
    with pytest.raises(
        ConfigError, match=f"{key}` .* left out where there are several objectives"
    ):
        SweeperSettings.from_hydra({**several, key: 1})
    assert SweeperSettings.from_hydra(several).directions == ("minimize", "maximize")


@pytest.mark.parametrize("n_jobs", [1, 8, -1, "auto"])
def test_jobs(n_jobs: Any) -> None:
    assert SweeperSettings.from_hydra({**KEYS, "n_jobs": n_jobs}).n_jobs == n_jobs


def test_an_unknown_key_is_named_beside_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match="no key `hydra.sweeper.n_trails`. Did you mean `hydra.sweeper.n_trials`"
    ):
        SweeperSettings.from_hydra({**KEYS, "n_trails": 3})
