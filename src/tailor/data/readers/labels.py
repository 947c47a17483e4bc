"""Converting labels to class indices."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tailor.errors import DataError

_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MAX_EXACT_FLOAT = 2**53


def canonical(label: str) -> str:
    """Return the text by which labels are compared.

    Surrounding space and the Unicode form do not matter, and a whole float equals the integer
    (`3.0` and `3e0` are `3`). Leading zeros do matter: `01` is not `1`.
    """
    text = normal(label.strip())
    if _INTEGER.fullmatch(text) or not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if not number.is_integer() or abs(number) >= MAX_EXACT_FLOAT:
        return text
    return str(int(number))


def normal(text: str) -> str:
    """Return the composed form of Unicode: macOS writes names decomposed."""
    return unicodedata.normalize("NFC", text)


def encoded(labels: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Return the classes that occur, in order, and the class index of each label.

    Raises:
        DataError: one of otherwise whole numbers is `nan`, which stands for a missing label.
    """
    texts = [canonical(label) for label in labels]
    classes = in_order(set(texts))
    missing = [name for name in classes if name.casefold() == "nan"]
    if missing and all(is_integer(name) or name in missing for name in classes):
        position = texts.index(missing[0])
        raise DataError(
            f"each image needs a label, got {missing[0]} for {texts.count(missing[0]):,} images, "
            f"the first of which is number {position} (counted from 0). Give them labels, or "
            "remove them."
        )
    index = {name: position for position, name in enumerate(classes)}
    return classes, [index[text] for text in texts]


def in_order(classes: set[str]) -> tuple[str, ...]:
    """Sort the names of classes: by value if all are integers, else as text."""
    if all(map(is_integer, classes)):
        return tuple(sorted(classes, key=lambda name: (int(name), name)))
    return tuple(sorted(classes))


def is_integer(label: str) -> bool:
    """Whether the label is written as an integer."""
    return _INTEGER.fullmatch(label) is not None
