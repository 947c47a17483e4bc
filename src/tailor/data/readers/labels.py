"""From labels as people write them to class indices."""

from __future__ import annotations

from collections.abc import Sequence

from tailor.errors import DataError


def classes_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the classes that occur: whole numbers by value, anything else by text.

    Args:
        labels: one an image; `3` and `3.0` are the same class.
    """
    different = set(map(_canonical, labels))
    if all(_is_whole(label) for label in different):
        return tuple(sorted(different, key=int))
    return tuple(sorted(different))


def names_of(classes: Sequence[object] | None) -> tuple[str, ...] | None:
    """Return the names that a config gives, as text: `[0,1,2]` on a command line are numbers."""
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
        labels: one an image.
        classes: the names of the classes.
        named: whether `classes` also names the numbers 0, 1, ...: a label is one of the names,
            or the position of one. Where a name is the number of another position (the names
            1 to 10), there are no positions: 1 would have two meanings.
        where: the file, for the message of an error.
        rows: the number of each label's row; None counts from 1.

    Raises:
        DataError: a label is none of the classes.
    """
    index = {name: position for position, name in enumerate(classes)}
    positions = {str(position): position for position in range(len(classes))}
    numbered = named and all(positions.get(name, index[name]) == index[name] for name in classes)
    if numbered:
        index |= positions
    targets = []
    for row, label in zip(rows or range(1, len(labels) + 1), labels, strict=True):
        target = index.get(label.strip(), index.get(_canonical(label)))
        if target is None:
            raise DataError(
                f"{where}, row {row}: the label {label.strip()!r} is none of the "
                f"{len(classes)} classes ({_few(classes)}"
                f"{f', or 0 to {len(classes) - 1}' if numbered else ''}"
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


def _is_whole(label: str) -> bool:
    return label.removeprefix("-").isdecimal()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
