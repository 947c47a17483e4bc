"""Formatting of numbers, lists and names."""

import pytest

from analysis import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.139456, "0.1395", id="float"),
        pytest.param(12345, "12,345", id="int"),
        pytest.param(True, "true", id="bool"),
        pytest.param(None, "none", id="none"),
        pytest.param("[8, 16]", "[8, 16]", id="text"),
        pytest.param("['flip','erase']", "[flip, erase]", id="names"),
        pytest.param("it's, so", "it's, so", id="no list"),
    ],
)
def test_a_value_of_a_setting(value, text):
    assert wording.number(value) == text


def test_lists_and_counts():
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.counted(1, "class", "classes") == "1 class"
    assert wording.counted(2000, "image") == "2,000 images"


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.21, "3.2 s"), (42, "42 s"), (150, "2.5 min"), (7200, "2.0 h")]
)
def test_durations(seconds, text):
    assert wording.duration(seconds) == text


def test_an_unknown_key_is_named_by_its_parts_after_the_section():
    assert wording.short("model.head_neurons") == "head neurons"
    assert wording.short("augment") == "augment"


def test_options_of_two_steps_have_different_names():
    keys = [f"augment.{key}" for key in ("flip.p", "erase.p", "mixup.alpha", "cutmix.alpha")]
    assert len({wording.short(key) for key in keys}) == len(keys)


def test_a_count_is_named_with_its_noun():
    assert wording.parameter("model.num_layers") == "the number of layers"
    assert wording.parameter("optimizer.lr") == "the learning rate"
    assert wording.setting("training.epochs", 1) == "1 epoch"
    assert wording.setting("training.epochs", 20) == "20 epochs"
    assert wording.setting("optimizer.lr", 0.05) == "0.05"
