"""Arguments of sources, which OmegaConf does not check."""

from __future__ import annotations

from typing import Any

import pytest

from tailor.data.sources.arguments import check_arguments
from tailor.errors import DataError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("root", "data"),
        ("train", "a.csv"),
        ("test", None),
        ("label", -1),
        ("label", "digit"),
        ("header", False),
        ("delimiter", "tab"),
        ("drop", ["id", 3]),
        ("drop", ()),
        ("shape", [28, 28]),
        ("classes", {0: "cat", 1: "dog"}),
        ("classes", ["cat", "dog"]),
        ("scale", 255),
        ("train_keys", ["images", "labels"]),
        ("layout", "NHWC"),
        ("on_error", "skip"),
    ],
)
def test_right_values_pass(name: str, value: Any) -> None:
    check_arguments(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("train", 5),
        ("path", None),
        ("label", True),
        ("label", 1.5),
        ("label", [0]),
        ("header", "no"),
        ("header", 0),
        ("delimiter", 1),
        ("encoding", 5),
        ("drop", None),
        ("drop", [None]),
        ("drop", True),
        ("shape", 4),
        ("shape", ["a", "b"]),
        ("shape", [28, 0]),
        ("classes", 3),
        ("classes", {0: ["a"], 1: "b"}),
        ("scale", 0),
        ("scale", True),
        ("scale", float("nan")),
        ("scale", "abc"),
        ("train_keys", {"a": "x_train", "b": "y_train"}),
        ("test_keys", ["images"]),
        ("layout", "HWN"),
    ],
)
def test_wrong_values_are_refused_by_the_name_of_their_key(name: str, value: Any) -> None:
    with pytest.raises(DataError, match=rf"`data\.source\.{name}` must be .*, got "):
        check_arguments(**{name: value})


def test_keys_of_the_data_group_are_named_as_such() -> None:
    with pytest.raises(DataError, match=r"`data\.on_error` must be raise or skip, got 'foo'"):
        check_arguments(on_error="foo")
    with pytest.raises(DataError, match=r"`data\.root` must be the path of a directory, got None"):
        check_arguments(root=None)
