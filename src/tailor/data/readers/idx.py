"""The IDX format of the MNIST family: a magic number, the dimensions, then unsigned bytes.

Source: http://yann.lecun.com/exdb/mnist, "the IDX file format".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tailor.errors import DataError

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, *, ndim: int) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes.

    Args:
        path: a `.gz` file, which is not changed.
        ndim: the number of dimensions expected: 3 for images, 1 for labels.

    Raises:
        DataError: the file is truncated, is not gzip or IDX, or has another number of dimensions.
    """
    try:
        with gzip.open(path, "rb") as file:
            header = file.read(4)
            if len(header) < 4 or header[:2] != b"\0\0":
                raise DataError(f"{path} is not an IDX file: it starts with {header!r}.")
            if header[2] != UNSIGNED_BYTE or header[3] != ndim:
                raise DataError(
                    f"{path} must hold unsigned bytes in {ndim} dimensions (magic "
                    f"{bytes([0, 0, UNSIGNED_BYTE, ndim])!r}), got magic {header!r}."
                )
            dimensions = file.read(4 * ndim)
            if len(dimensions) < 4 * ndim:
                raise DataError(f"{path} ends inside its header. Download it again.")
            shape = struct.unpack(f">{ndim}I", dimensions)
            size = math.prod(shape)
            content = _read_at_most(file, size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}. Download it again.") from error
    if len(content) != size:
        length = "more" if len(content) > size else str(len(content))
        raise DataError(f"{path} declares {size} bytes of data, got {length}. Download it again.")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _read_at_most(file: gzip.GzipFile, size: int, *, chunk: int = 1 << 20) -> bytearray:
    """Read up to `size` bytes in chunks, so that a forged header cannot reserve gigabytes."""
    content = bytearray()
    while len(content) < size and (piece := file.read(min(chunk, size - len(content)))):
        content += piece
    return content
