"""Names for the classes of labels: those of a config, or the labels themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from tailor.data.images import LabelledImages
from tailor.data.notes import listed
from tailor.data.readers.labels import canonical, is_integer, normal
from tailor.errors import DataError

Classes = Sequence[object] | Mapping[object, object] | None
"""Names of classes in a config: a list, or names by label."""
MAX_NAMES_SHOWN = 10


@dataclass(frozen=True)
class Naming:
    """The classes of a dataset, and the labels that stand for them.

    Attributes:
        names: K class names.
        index: class index of each label.
        expected: what a label may be, for an error message.
        notes: sentences for the user.
        details: sentences for the log.
    """

    names: tuple[str, ...]
    index: Mapping[str, int]
    expected: str
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


def naming_of(labels: Sequence[str], classes: Classes, *, where: str) -> Naming:
    """Decide which class each label of the training data belongs to.

    Args:
        labels: the canonical labels that occur in the training data, in order.
        classes: None makes each label a class. A mapping gives the name of each label. With a
            list, labels are its names or their positions 0, 1, ...; integers that are neither (1
            to 10, or with a gap) get the names in order, if there are as many labels as names.
        where: the file, for messages.

    Raises:
        DataError: a name is not text, or the names do not fit.
    """
    if isinstance(classes, str):
        raise DataError(f"data.source.classes must be a list of names, got {classes!r}.")
    if not classes:
        naming = _by_itself(labels)
    elif isinstance(classes, Mapping):
        naming = _by_label(classes)
    else:
        naming = _by_list(labels, _names_in(classes), where)
    notes = (*_alike_note(labels, where), *naming.notes)
    return _without_unused(replace(naming, notes=notes), labels, where)


def named(images: LabelledImages, naming: Naming, *, where: str) -> LabelledImages:
    """Return the images with the classes of `naming`; the given images have labels as classes.

    Raises:
        DataError: a label has no class; the message names its row.
    """
    unknown = [label for label in images.classes if label not in naming.index]
    if unknown:
        lookup = torch.tensor([label in unknown for label in images.classes])
        first = int(lookup[images.targets].nonzero()[0])
        label = images.classes[int(images.targets[first])]
        of_read = " of those that can be read" if images.notes else ""
        raise DataError(
            f"{where}, row {first + 1}{of_read}: the label {label!r} is not one of "
            f"{naming.expected}."
        )
    lookup = torch.tensor([naming.index[label] for label in images.classes])
    return replace(
        images,
        targets=lookup[images.targets],
        classes=naming.names,
        notes=images.notes + naming.notes,
        details=images.details + naming.details,
    )


def _by_itself(labels: Sequence[str]) -> Naming:
    return Naming(
        names=tuple(labels),
        index={label: position for position, label in enumerate(labels)},
        expected=f"the {len(labels)} classes ({_shown(labels)}) of the training data",
    )


def _by_label(classes: Mapping[object, object]) -> Naming:
    given = _names_in(list(classes.values()))
    names = tuple(dict.fromkeys(given))  # two labels may have one name
    labels = [canonical(str(label)) for label in classes]
    return Naming(
        names=names,
        index={label: names.index(name) for label, name in zip(labels, given, strict=True)},
        expected=f"the labels that data.source.classes names ({_shown(labels)})",
    )


def _by_list(labels: Sequence[str], names: tuple[str, ...], where: str) -> Naming:
    index, by_position = _index_of_list(names)
    if set(labels) <= set(index) or not _can_be_named_in_order(labels, names):
        positions = f", or 0 to {len(names) - 1}" if by_position else ""
        return Naming(names, index, f"the {len(names)} classes ({_shown(names)}{positions})")
    pairs = [f"{label} is {name}" for label, name in zip(labels, names, strict=True)]
    return Naming(
        names=names,
        index={label: position for position, label in enumerate(labels)},
        expected=f"the labels {_shown(labels)} of the training data",
        details=(f"{where}: labels are named in their order: {listed(pairs)}.",),
    )


def _names_in(values: Sequence[object]) -> tuple[str, ...]:
    for value in values:
        if isinstance(value, bool) or value is None:
            raise DataError(
                f"data.source.classes must hold text, got {value}. Quote names that YAML reads as "
                "another value, such as 'no' or 'null'."
            )
    return tuple(normal(str(value)) for value in values)


def _index_of_list(names: Sequence[str]) -> tuple[dict[str, int], bool]:
    """Return the class index of each name and, unless ambiguous, of each position.

    Positions are ambiguous if a name is the number of another position, as with names 1 to 10.
    """
    index = {canonical(name): position for position, name in enumerate(names)}
    positions = {str(position): position for position in range(len(names))}
    by_position = all(positions.get(name, index[name]) == index[name] for name in index)
    return (index | positions if by_position else index), by_position


def _can_be_named_in_order(labels: Sequence[str], names: Sequence[str]) -> bool:
    return (
        len(labels) == len(names)
        and all(map(is_integer, labels))
        and not set(labels) & set(map(canonical, names))
    )


def _without_unused(naming: Naming, labels: Sequence[str], where: str) -> Naming:
    """Leave out the classes without a training image."""
    used = {naming.index[label] for label in labels if label in naming.index}
    unused = [name for position, name in enumerate(naming.names) if position not in used]
    if not unused or not used:
        return naming
    kept = sorted(used)
    moved = {position: place for place, position in enumerate(kept)}
    note = (
        f"{where}: no image has the class {listed(list(map(repr, unused)))}, which "
        "data.source.classes names: the network has no output for it."
    )
    return replace(
        naming,
        names=tuple(naming.names[position] for position in kept),
        index={
            label: moved[position] for label, position in naming.index.items() if position in used
        },
        notes=(*naming.notes, note),
    )


def _alike_note(labels: Sequence[str], where: str) -> tuple[str, ...]:
    """Name the labels that are equal as numbers and different as text."""
    by_value: dict[int, list[str]] = defaultdict(list)
    for label in filter(is_integer, labels):
        by_value[int(label)].append(label)
    alike = [" and ".join(map(repr, group)) for group in by_value.values() if len(group) > 1]
    if not alike:
        return ()
    return (f"{where}: labels that are equal as numbers are different classes: {listed(alike)}.",)


def _shown(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > MAX_NAMES_SHOWN else ""
    return ", ".join(names[:MAX_NAMES_SHOWN]) + more
