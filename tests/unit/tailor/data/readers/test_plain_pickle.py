from __future__ import annotations

import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailor.data.readers.plain_pickle import read_plain_pickle
from tailor.errors import DataError
from tests.datasets import python2_pickle

DATA = np.arange(24, dtype=np.uint8).reshape(4, 6)
TABLE = {"batch_label": "one", "data": DATA, "fine_labels": [3, 1, 700, 1]}


def assert_is_table(table: dict) -> None:
    assert set(table) == set(TABLE)
    np.testing.assert_array_equal(table["data"], DATA)
    assert table["fine_labels"] == TABLE["fine_labels"]


def test_reads_what_python_2_wrote() -> None:
    assert_is_table(read_plain_pickle(python2_pickle(TABLE)))


@pytest.mark.parametrize("order", ["C", "F"])
def test_reads_what_python_3_writes_for_it(order: str) -> None:
    table = {**TABLE, "data": np.array(DATA, order=order)}
    assert_is_table(read_plain_pickle(pickle.dumps(table, protocol=2)))


def test_pythons_own_reader_agrees_with_the_tests_writer() -> None:
    assert_is_table(pickle.loads(python2_pickle(TABLE), encoding="latin1"))


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(pickle.dumps(Hostile(), protocol=2), r"names \w+\._exit", id="exit"),
        pytest.param(b"\x80\x02cbuiltins\neval\n.", r"names builtins\.eval", id="eval"),
        pytest.param(pickle.dumps(Hostile(), protocol=4), "contains the opcode", id="new"),
        pytest.param(pickle.dumps([1], protocol=2), "a pickle of a list", id="a list"),
        pytest.param(python2_pickle(TABLE)[:-5], "not a pickle", id="cut"),
        pytest.param(b"", "not a pickle", id="empty"),
        pytest.param(b"\x80\x02}r\xff\xff\xff\x7f.", "memo is larger", id="memo bomb"),
        pytest.param(
            pickle.dumps({"data": np.zeros(3)}, protocol=2), "not an array of bytes", id="floats"
        ),
        pytest.param(
            pickle.dumps({"data": np.array([{}])}, protocol=2), "not an array", id="objects"
        ),
        pytest.param(
            b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b".", "not a pickle", id="huge"
        ),
    ],
)
def test_anything_else_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_plain_pickle(content)


GOOD = python2_pickle(TABLE)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))]) + draw(st.binary(max_size=8))


@settings(max_examples=400, deadline=None)
@given(content=st.one_of(damaged(), st.binary(max_size=60)))
def test_any_bytes_end_in_an_error_or_a_dictionary(content: bytes) -> None:
    try:
        table = read_plain_pickle(content)
    except DataError:
        return
    assert isinstance(table, dict)
