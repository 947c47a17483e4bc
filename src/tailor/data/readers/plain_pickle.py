"""Reading the pickles of the CIFAR archives without executing them.

A pickle is a program. The CIFAR pickles contain dictionaries, lists, strings, numbers and arrays
of bytes, so only the opcodes for those are allowed. The functions and classes that they name are
replaced by stand-ins that store their arguments. Nothing is imported and nothing is called.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tailor.errors import DataError

# The opcodes that Python 2 writes for such values, and Python 3 with protocol 2.
# fmt: off
ALLOWED_OPCODES = frozenset((
    "PROTO", "STOP", "MARK", "POP", "GLOBAL", "REDUCE", "BUILD", "NONE", "NEWTRUE", "NEWFALSE",
    "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "EMPTY_LIST", "LIST", "APPEND", "APPENDS",
    "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "INT", "BININT", "BININT1", "BININT2",
    "LONG1", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "PUT",
    "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET",
))
# fmt: on
MEMO_OPCODES = ("PUT", "BINPUT", "LONG_BINPUT")


class _Array:
    """Stand-in for an array while its pickle is read: stores shape, dtype and bytes."""

    def __init__(self) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def value(self) -> NDArray[np.uint8]:
        try:
            _, shape, dtype, fortran, content = self.state
            content = content.encode("latin-1") if isinstance(content, str) else content
            if dtype.name not in ("u1", "|u1") or min(shape) < 0:
                raise ValueError(f"an array of {dtype.name!r} with shape {shape}")
            if math.prod(shape) != len(content):
                raise ValueError(f"{len(content)} bytes for shape {shape}")
            array = np.frombuffer(content, np.uint8)
            return array.reshape(shape, order="F" if fortran else "C")
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise DataError(f"not an array of bytes: {error}") from error


class _Dtype:
    def __init__(self, name: object = "", *_: object) -> None:
        self.name = name if isinstance(name, str) else repr(name)

    def __setstate__(self, state: object) -> None:
        """Ignore byte order and alignment: bytes have neither."""


def _encode(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise DataError("not bytes written as latin1")
    return text.encode("latin-1")


STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy", "ndarray"): lambda *_: None,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return STAND_INS[module, name]
        except KeyError:
            raise DataError(f"it names {module}.{name}, which is not allowed") from None


def read_plain_pickle(content: bytes) -> dict[str, Any]:
    """Read a pickled dictionary of plain values; its arrays must be of bytes.

    Raises:
        DataError: the bytes are not such a pickle; nothing in it was executed.
    """
    try:
        _refuse_other_opcodes(content)
        value = _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except DataError:
        raise
    except Exception as error:  # damaged pickles raise almost anything
        raise DataError(f"not a pickle: {error or type(error).__name__}") from error
    if not isinstance(value, dict):
        raise DataError(f"a pickle of a {type(value).__name__}, not of a dictionary")
    return {
        key: item.value() if isinstance(item, _Array) else item
        for key, item in value.items()
        if isinstance(key, str)
    }


def _refuse_other_opcodes(content: bytes) -> None:
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name not in ALLOWED_OPCODES:
            raise DataError(f"the pickle contains the opcode {opcode.name}")
        # The unpickler allocates its memo up to the highest index.
        if opcode.name in MEMO_OPCODES and (argument or 0) > len(content):
            raise DataError("the pickle's memo is larger than the pickle")
