"""Reading single arrays of an `.npz` file, safe against damage and forged sizes."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from tailor.data.readers.large import note_large, refuse_more_than_memory
from tailor.errors import DataError

MAX_COMPRESSION_RATIO = 1032
"""Highest compression ratio of deflate."""
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,  # an unknown compression method
    RuntimeError,  # an encrypted member
)


def read_array(path: Path, key: str) -> NDArray[Any]:
    """Read one array; its size is compared with the file's before memory is allocated.

    Raises:
        DataError: the array is missing or damaged, or holds Python objects.
    """
    with _opened(path, key) as (file, info):
        shape, fortran, dtype = _header(file)
        size = prod(shape) * dtype.itemsize
        if not 0 <= size <= min(info.file_size, MAX_COMPRESSION_RATIO * info.compress_size):
            raise ValueError(f"it declares {size:,} bytes, more than it contains")
        refuse_more_than_memory(2 * size, f"the values of {path}[{key}]")  # as stored, as pixels
        note_large(size, f"{path}[{key}]")
        content = file.read(size)
        if len(content) != size:
            raise ValueError(f"it declares {size:,} bytes, got {len(content):,}")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def array_shape(path: Path, key: str) -> tuple[int, ...]:
    """Return the shape of an array by its header, without reading the array.

    Raises:
        DataError: the array is missing or damaged, or holds Python objects.
    """
    with _opened(path, key) as (file, _):
        return _header(file)[0]


def array_names(path: Path) -> list[str]:
    """Return the names of the arrays of a file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except DAMAGE as error:
        raise DataError(f"{path.absolute()} cannot be read: {error}.") from error


@contextmanager
def _opened(path: Path, key: str) -> Iterator[tuple[IO[bytes], zipfile.ZipInfo]]:
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(f"{key}.npy")
            with archive.open(info) as file:
                yield file, info
    except KeyError:
        present = ", ".join(array_names(path)[:20])
        raise DataError(f"{path} has no array {key!r}, only {present or 'none'}.") from None
    except DAMAGE as error:
        raise DataError(
            f"{path}[{key}] cannot be read: {str(error) or type(error).__name__}."
        ) from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = read_header(file)
    except Exception as error:  # parsed as a Python literal: damage raises almost anything
        raise ValueError("it is not in the .npy format") from error
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not allowed")
    return shape, fortran, dtype
