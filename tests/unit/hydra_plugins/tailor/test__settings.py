from typing import Any

import pytest

from hydra_plugins.tailor._settings import Settings
from tailor.errors import ConfigError

KEYS: dict[str, Any] = {
    "sampler": {},
    "pruner": None,
    "direction": "minimize",
    "storage": None,
    "grace_period": None,
    "study_name": None,
    "n_trials": 1,
    "n_jobs": 1,
    "max_failure_rate": 0.0,
    "min_failures": 1,
    "retries": 0,
    "timeout": None,
    "patience": None,
    "target": None,
    "custom_search_space": None,
    "params": None,
    "when": None,
    "enqueue": None,
    "may_differ": [],
    "artifacts": False,
    "next_commands": [],
    "artifacts_url": None,
}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("n_trials", 0, "n_trials` must be 1 or more, got 0"),
        ("n_jobs", 0, r"n_jobs` must be 1 or more, -1 \(one a core\) or auto, got 0"),
        ("n_jobs", -2, "n_jobs` .* got -2"),
        ("n_jobs", "x", "n_jobs` .* got 'x'"),
        ("direction", "up", r"direction` must be minimize or maximize.* got \['up'\]"),
        ("direction", [], r"direction` .* got \[\]"),
        ("max_failure_rate", 1.5, r"in \[0, 1\], got 1.5"),
        ("min_failures", 0, "min_failures` must be 1 or more"),
        ("grace_period", 2, "grace_period` must be 3 seconds or more, or null, got 2"),
        ("retries", -1, "retries` must be 0 or more"),
        ("timeout", 0, "timeout` must be a number of seconds above 0"),
        ("patience", 0, "patience` must be 1 or more"),
        ("artifacts", 3, "artifacts` must be the path of a folder, true or false, got 3"),
        ("artifacts", "", "artifacts` must be the path of a folder"),
        ("when", {"x": 1}, "when` must be a mapping"),
        ("enqueue", [1], "enqueue` must be a list of"),
    ],
)
def test_an_impossible_value_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings.of({**KEYS, key: value})


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match="n_trials.*; .*retries"):
        Settings.of({**KEYS, "n_trials": 0, "retries": -1})


@pytest.mark.parametrize("key", ["patience", "target"])
def test_one_objective_is_needed_for(key: str) -> None:
    several = {**KEYS, "direction": ["minimize", "maximize"]}
    with pytest.raises(ConfigError, match=f"{key}` .* null where there are several objectives"):
        Settings.of({**several, key: 1})
    assert Settings.of(several).directions == ("minimize", "maximize")


@pytest.mark.parametrize("n_jobs", [1, 8, -1, "auto"])
def test_jobs(n_jobs: Any) -> None:
    assert Settings.of({**KEYS, "n_jobs": n_jobs}).n_jobs == n_jobs
