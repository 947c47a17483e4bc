"""Settings by dotted key."""

import math
from pathlib import Path

from hydra_tailor.flat import differences, flat


def test_a_list_and_an_empty_mapping_are_values() -> None:
    nested = {"a": {"b": {"c": 1}, "d": {}}, 2: [{"e": 1}]}
    assert flat(nested) == {"a.b.c": 1, "a.d": {}, "2": [{"e": 1}]}
    assert flat({}) == {}


def test_differences() -> None:
    before = {"same": math.nan, "folder": Path("/a"), "gone": 1}
    now = {"same": float("nan"), "folder": Path("/b"), "came": None}
    assert differences(before, now) == [
        "`came` was (not set), is None",
        "`folder` was /a, is /b",
        "`gone` was 1, is (not set)",
    ]
