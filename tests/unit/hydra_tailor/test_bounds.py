"""A rule beside its field: what it admits, and what it says."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from hydra_tailor.bounds import (
    RULE,
    ClosedSettings,
    bounded,
    broken,
    one_of,
    problems_of,
    refuse_unknown_keys,
    ruled,
)
from hydra_tailor.errors import ConfigError


def rule(field: Any) -> Any:
    return field.metadata[RULE]


@pytest.mark.parametrize(
    ("field", "words", "admitted", "refused"),
    [
        pytest.param(bounded(at_least=1), "1 or more", [1, 7], [0, -1], id="at least"),
        pytest.param(bounded(above=0), "a finite number above 0", [1e-9, 3], [0, -1], id="above"),
        pytest.param(bounded(below=5), "below 5", [4.9, -9], [5], id="below"),
        pytest.param(bounded(at_most=5), "5 or less", [5, -9], [5.1], id="at most"),
        pytest.param(
            bounded(at_least=0, below=1), "in [0, 1)", [0, 0.5], [1, -0.1], id="half open"
        ),
        pytest.param(bounded(above=0, below=1), "in (0, 1)", [0.5], [0, 1], id="open"),
        pytest.param(
            bounded(at_least=0, below=2**32), "in [0, 2^32)", [2**32 - 1], [2**32], id="seed"
        ),
        pytest.param(
            bounded(at_least=3, or_null=True), "3 or more, or null", [3, None], [2], id="null"
        ),
        pytest.param(
            bounded(at_least=1, or_word="auto"), "1 or more, or auto", ["auto"], ["x"], id="word"
        ),
        pytest.param(one_of(("a", "b")), "one of a, b", ["a"], ["c", 1, None], id="one of"),
        pytest.param(ruled("odd", lambda value: value % 2 == 1), "odd", [3], [4], id="own"),
    ],
)
def test_a_rule_admits_and_describes(
    field: Any, words: str, admitted: list[Any], refused: list[Any]
) -> None:
    assert rule(field).words == words
    assert all(rule(field).holds(value) for value in admitted)
    assert not any(rule(field).holds(value) for value in refused)


@given(
    st.one_of(
        st.text(),
        st.booleans(),
        st.none(),
        st.lists(st.integers()),
        st.just(float("nan")),
        st.just(float("inf")),
        st.dictionaries(st.text(), st.integers()),
    )
)
def test_a_number_is_asked_of_any_type(value: Any) -> None:
    """Nothing but a finite number is within bounds, and no value ends in a TypeError."""
    assert not rule(bounded(at_least=-(10**9))).holds(value)


@dataclass
class Inner(ClosedSettings):
    KEY = "inner"
    epochs: int = bounded(3, at_least=1)
    rate: float = bounded(0.1, above=0, below=1)
    words: list[str] = ruled("short", lambda value: len(value) < 2, default=[])

    def conflicts(self) -> list[str]:
        return [broken("inner.rate", "0.1 where epochs is 7", self.rate)] * (self.epochs == 7)


def test_all_problems_are_named_with_their_dotted_keys() -> None:
    assert problems_of(Inner(epochs=0, rate=2.0), "inner") == [
        "`inner.epochs` must be 1 or more, got 0",
        "`inner.rate` must be in (0, 1), got 2.0",
    ]
    assert problems_of(Inner(epochs=7, rate=0.5)) == [
        "`inner.rate` must be 0.1 where epochs is 7, got 0.5"
    ]
    assert problems_of(Inner()) == []


def test_a_default_that_can_change_is_not_shared() -> None:
    Inner().words.append("x")
    assert Inner().words == []


def test_a_structured_config_keeps_its_rules_and_takes_no_further_key() -> None:
    config = OmegaConf.structured(Inner)
    OmegaConf.set_struct(config, False)
    config.epochs = 4
    made = OmegaConf.to_object(config)
    assert isinstance(made, Inner)
    assert made.epochs == 4
    OmegaConf.update(config, "epoch", 5, force_add=True)  # as Hydra's +epoch=5 does
    with pytest.raises(ConfigError, match=r"no key `inner\.epoch`\. Did you mean `inner\.epochs`"):
        OmegaConf.to_object(config)


def test_where_nothing_is_similar_all_keys_are_named() -> None:
    with pytest.raises(ConfigError, match=r"no key `x\.zzz`\. The keys are epochs, rate, words\."):
        refuse_unknown_keys(Inner, ["epochs", "zzz"], prefix="x")
