from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailor.data.readers.labels import canonical, encoded, in_order
from tailor.errors import DataError


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "9"], ("9", "10")),
        (["1", "1.0", " 1 ", "-2"], ("-2", "1")),
        (["dog", "cat", "dog "], ("cat", "dog")),
        (["1", "cat"], ("1", "cat")),
        (["0.5", "1"], ("0.5", "1")),
        (["nan", "inf"], ("inf", "nan")),
        pytest.param(["1", "001", "01", "10"], ("001", "01", "1", "10"), id="leading zeros"),
        pytest.param(["1_0", "10"], ("10", "1_0"), id="an underscore is no digit separator"),
        pytest.param(["2.000e+00", "1.000e+01"], ("2", "10"), id="numpy.savetxt"),
        pytest.param(["the\u0301", "th\u00e9"], ("th\u00e9",), id="decomposed"),
        pytest.param(
            ["9007199254740993", "9007199254740992"],
            ("9007199254740992", "9007199254740993"),
            id="more digits than a float has",
        ),
    ],
)
def test_classes_that_occur(labels: list[str], classes: tuple[str, ...]) -> None:
    names, targets = encoded(labels)
    assert names == classes
    assert [names[target] for target in targets] == [canonical(label) for label in labels]


@pytest.mark.parametrize("missing", ["nan", "NaN"])
def test_a_missing_label_is_no_class(missing: str) -> None:
    with pytest.raises(DataError, match=rf"got {missing} for 2 images, .* number 1 .counted"):
        encoded(["1.0", missing, "2.0", missing])


@given(st.integers(), st.booleans())
def test_an_integer_is_its_own_label(number: int, whole_float: bool) -> None:
    text = f"{number}.0" if whole_float and abs(number) < 2**53 else str(number)
    assert canonical(text) == str(number)


def test_integers_are_sorted_by_value_and_text_as_text() -> None:
    assert in_order({"10", "2", "1"}) == ("1", "2", "10")
    assert in_order({"10", "2", "a"}) == ("10", "2", "a")
