from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailor.data.readers.idx import read_idx
from tailor.errors import DataError
from tests.datasets import idx_bytes

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx_bytes(IMAGES)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_reads_what_was_written(tmp_path: Path) -> None:
    path = write(tmp_path / "images.gz", gzip.compress(GOOD))
    np.testing.assert_array_equal(read_idx(path, ndim=3), IMAGES)


HUGE = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(gzip.compress(GOOD)[:-12], "cannot be read", id="truncated gz"),
        pytest.param(b"", "not an IDX file", id="zero bytes"),
        pytest.param(b"plain text", "cannot be read", id="not gz"),
        pytest.param(gzip.compress(b"\x01" + GOOD[1:]), "not an IDX file", id="wrong magic"),
        pytest.param(gzip.compress(GOOD[:2] + b"\x0d" + GOOD[3:]), "unsigned bytes", id="floats"),
        pytest.param(gzip.compress(idx_bytes(IMAGES[0])), "3 dimensions", id="dimensions"),
        pytest.param(gzip.compress(GOOD[:9]), "inside its header", id="short header"),
        pytest.param(gzip.compress(GOOD[:-1]), "declares 24 bytes of data, got 23", id="short"),
        pytest.param(gzip.compress(GOOD + b"x"), "got more", id="long"),
        pytest.param(gzip.compress(HUGE), "declares", id="forged size"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "images.gz", content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path, ndim=3)
    assert str(path) in str(caught.value)


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with a few bytes changed, and perhaps cut."""

    def change(edits: list[tuple[int, int]], end: int) -> bytes:
        result = bytearray(content)
        for position, value in edits:
            result[position] = value
        return bytes(result[:end])

    edit = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    return st.builds(change, st.lists(edit, max_size=4), st.integers(0, len(content)))


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        mutated(gzip.compress(GOOD, mtime=0)),
        mutated(GOOD).map(gzip.compress),
    )
)
def test_any_bytes_end_in_an_error_or_an_array(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "fuzzed.gz", content)
    try:
        array = read_idx(path, ndim=3)
    except DataError:
        return
    assert (array.ndim, array.dtype) == (3, np.uint8)
