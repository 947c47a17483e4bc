"""Converting labels to class indices."""

from __future__ import annotations

from collections.abc import Sequence

from tailor.errors import DataError


def classes_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the sorted names of the classes that occur; integers are sorted by value.

    Args:
        labels: one per image; `3` and `3.0` are the same class.
    """
    distinct = set(map(_canonical, labels))
    if all(_is_integer(label) for label in distinct):
        return tuple(sorted(distinct, key=int))
    return tuple(sorted(distinct))


def names_of(classes: Sequence[object] | None) -> tuple[str, ...] | None:
    """Return the class names of a config as strings; `[0,1,2]` on a command line are integers."""
    return tuple(map(str, classes)) if classes else None


def targets_of(
    labels: Sequence[str],
    classes: Sequence[str],
    *,
    named: bool,
    where: str,
    rows: Sequence[int] | None = None,
) -> list[int]:
    """Return the class index of each label.

    Args:
        labels: one per image.
        classes: the names of the classes.
        named: whether a label may also be the position (0, 1, ...) of a name. It may not, if a
            name is the number of another position (as the names 1 to 10): 1 would be ambiguous.
        where: the file, for error messages.
        rows: the number of each label's row; None counts from 1.

    Raises:
        DataError: a label is not one of the classes.
    """
    index = {name: position for position, name in enumerate(classes)}
    positions = {str(position): position for position in range(len(classes))}
    by_position = named and all(
        positions.get(name, index[name]) == index[name] for name in classes
    )
    if by_position:
        index |= positions
    targets = []
    for row, label in zip(rows or range(1, len(labels) + 1), labels, strict=True):
        target = index.get(label.strip(), index.get(_canonical(label)))
        if target is None:
            raise DataError(
                f"{where}, row {row}: the label {label.strip()!r} is not one of the "
                f"{len(classes)} classes ({_first_names(classes)}"
                f"{f', or 0 to {len(classes) - 1}' if by_position else ''}"
                f"{'' if named else ' of the training data'})."
            )
        targets.append(target)
    return targets


def _canonical(label: str) -> str:
    text = label.strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def _is_integer(label: str) -> bool:
    return label.removeprefix("-").isdecimal()


def _first_names(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
