from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailor.data.readers.npz_file import array_names, read_array
from tailor.errors import DataError

ARRAY = np.arange(2 * 6 * 5, dtype=np.uint8).reshape(2, 6, 5)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "array",
    [ARRAY, np.asfortranarray(ARRAY), ARRAY / 3, np.array(["a", "bc"]), np.array(3)],
    ids=["bytes", "fortran", "floats", "text", "a number"],
)
def test_reads_what_numpy_wrote(tmp_path: Path, save, array: np.ndarray) -> None:
    path = tmp_path / "data.npz"
    save(path, a=array, other=ARRAY)
    result = read_array(path, "a")
    np.testing.assert_array_equal(result, array)
    assert result.dtype == array.dtype
    assert array_names(path) == ["a", "other"]


def test_an_absent_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", a=ARRAY)
    with pytest.raises(DataError, match="has no array 'b', only a"):
        read_array(tmp_path / "data.npz", "b")
    with pytest.raises(DataError, match="cannot be read"):
        array_names(tmp_path / "absent.npz")


def member(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", content)
    return buffer.getvalue()


def forged(content: bytes) -> bytes:
    """Like `member`, but the archive's directory declares two gigabytes as well."""
    return member(content).replace(struct.pack("<I", len(content)), struct.pack("<I", 2**31))


def npy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, ARRAY)
    return buffer.getvalue()


NPY = npy_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (member(NPY)[:-30], "cannot be read"),
        (b"", "cannot be read"),
        (member(b"text"), "cannot be read"),
        (member(NPY[:-1]), r"declares 60 bytes"),
        (member(NPY.replace(b"(2, 6, 5)", b"(2,6,9**9)")), "cannot be read"),
        (member(NPY.replace(b"(2, 6, 5)", b"(2,99999,)")), "declares 199,998 bytes, more"),
        (forged(NPY.replace(b"(2, 6, 5)", b"(888888,)")), "declares 888,888 bytes, more"),
    ],
)
def test_a_damaged_or_forged_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_array(path, "a")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    inside = draw(st.booleans())
    content = bytearray(NPY if inside else member(NPY))
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    whole = bytes(content[: draw(st.integers(0, len(content)))])
    return member(whole) if inside else whole


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.one_of(damaged(), st.binary(max_size=100)))
def test_any_bytes_end_in_an_error_or_an_array(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzzed.npz"
    path.write_bytes(content)
    try:
        result = read_array(path, "a")
    except DataError:
        return
    assert isinstance(result, np.ndarray)
