"""Reading single arrays of an `.npz` file, so that no damage and no forged size can do harm."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from tailor.errors import DataError

DENSEST = 1032  # deflate makes at most so many bytes of one
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # an encrypted member
)


def read_array(path: Path, key: str) -> NDArray[Any]:
    """Read one array; its size is compared with the file's before memory is reserved for it.

    Raises:
        DataError: there is no such array, it is damaged, or it holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(f"{key}.npy")
            with archive.open(info) as file:
                shape, fortran, dtype = _header(file)
                size = prod(shape) * dtype.itemsize
                if not 0 <= size <= min(info.file_size, DENSEST * info.compress_size):
                    raise ValueError(f"it announces {size:,} bytes, which it does not hold")
                content = file.read(size)
        if len(content) != size:
            raise ValueError(f"it announces {size:,} bytes, got {len(content):,}")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    except KeyError:
        present = ", ".join(array_names(path)[:20])
        raise DataError(f"{path} has no array {key!r}, only {present or 'none'}.") from None
    except DAMAGE as error:
        raise DataError(
            f"{path}[{key}] cannot be read: {str(error) or type(error).__name__}."
        ) from error


def array_names(path: Path) -> list[str]:
    """Return the names of the arrays of a file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except DAMAGE as error:
        raise DataError(f"{path.absolute()} cannot be read: {error}.") from error


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = read(file)
    except Exception as error:  # NumPy parses it as Python's text: damage raises almost anything
        raise ValueError("it is not in the .npy format") from error
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not read")
    return shape, fortran, dtype
