"""Find the columns of a CSV file that hold the label and the pixels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tailor.data.notes import listed
from tailor.data.readers.picture import suffixes
from tailor.data.readers.table_format import TableFormat
from tailor.errors import DataError

LABEL_NAMES = (
    *("label", "labels", "class", "classes", "target", "targets", "y"),
    *("category", "species", "class_name", "class_label", "classname"),
)
"""Usual names of the label's column, in any case; `label` takes precedence."""
MIN_COUNTED_COLUMNS = 10
"""From this many columns on, a first line 0, 1, 2, ... holds names; fewer may be pixels."""
MAX_OTHER_COLUMNS = 20
"""A list of files, or a table with all pixels in one cell, has at most this many columns."""
_UNNAMED = re.compile(r"|unnamed: [0-9]+", re.IGNORECASE)
"""Matches an empty name, and the name that pandas gives a column without one."""


@dataclass(frozen=True)
class Columns:
    """The columns of a file.

    Attributes:
        names: those of the header; None without one.
        count: number of columns.
        label: position of the label.
        dropped: positions of columns that are neither label nor pixel.
        odd: positions of columns that are read as pixels although their names differ from the
            others.
        guessed: whether the label is the first column only because nothing else identifies it.
    """

    names: tuple[str, ...] | None
    count: int
    label: int
    dropped: tuple[int, ...]
    odd: tuple[int, ...] = ()
    guessed: bool = False

    @property
    def pixels(self) -> int:
        """Number of pixels of an image."""
        return self.count - 1 - len(self.dropped)

    def describe(self, position: int) -> str:
        """Return a column's number from 1, with its name."""
        name = f" ({self.names[position]!r})" if self.names and self.names[position] else ""
        return f"column {position + 1}{name}"

    def pixel_names(self) -> list[str]:
        """Return the case-folded names of the pixel columns; empty without a header."""
        return [
            name.casefold()
            for position, name in enumerate(self.names or ())
            if position != self.label and position not in self.dropped
        ]


def find_columns(
    rows: Sequence[Sequence[str]],
    table_format: TableFormat,
    *,
    path: Path,
    counts_up: Callable[[int], bool],
    like: Columns | None = None,
) -> Columns:
    """Find the columns of a file by its first two rows.

    Args:
        rows: cells of the first two rows, or of the only one.
        table_format: the keys of the config.
        path: of the file, for messages.
        counts_up: whether the values of a column, below the header, are 0, 1, 2, ... or 1, 2, ...
        like: columns of the training file, if this is the test file.

    Raises:
        DataError: a configured column does not exist, or no column is clearly the label.
    """
    label, header = table_format.label, table_format.header
    first, last = ([cell.strip() for cell in row] for row in (rows[0], rows[-1]))
    if len(rows) > 1:
        _refuse_other_tables(last, path)
    if len(last) == len(first) + 1 and not last[-1]:
        first.append("")  # each row but the header ends with a delimiter
    if header is None:
        header = isinstance(label, str) or _is_header(first, last, single=len(rows) == 1)
    names = tuple(first) if header else None
    if like is not None and label is None:
        label = _label_like(like, names, path)
    dropped = _dropped(table_format.drop, names, len(first), path, lenient=like is not None)
    if not first[-1] and not last[-1]:
        dropped.add(len(first) - 1)  # each row ends with a delimiter
    index = _index_columns(names or (), dropped, counts_up)
    if label is not None:
        chosen = _position(label, names, len(first), path, "label")
    elif names is None:
        chosen = _only_text(first, last, dropped)
    else:
        chosen = _likely(names, dropped | index, path)
    if chosen in dropped:
        raise DataError(f"{path}: data.source.drop must not name the label's column.")
    dropped |= index - {chosen}
    return Columns(
        names=names,
        count=len(first),
        label=chosen,
        dropped=tuple(sorted(dropped)),
        odd=tuple(_odd(names or (), dropped | {chosen})),
        guessed=label is None and is_number(first[chosen]),
    )


def require_match(train: Columns, test: Columns, train_path: Path, test_path: Path) -> None:
    """Refuse a test file whose columns are not those of the training file.

    Raises:
        DataError: the numbers of pixels differ, or the names of their columns.
    """
    if test.pixels != train.pixels:
        raise DataError(
            f"{test_path} must have the {train.pixels} pixels per image of {train_path}, got "
            f"{test.pixels} ({test.count} columns, where the training file has {train.count}; the "
            f"label is {test.describe(test.label)})."
        )
    if not (train.names and test.names):
        return
    pairs = list(zip(train.pixel_names(), test.pixel_names(), strict=True))
    differing = [(ours, theirs) for ours, theirs in pairs if ours != theirs]
    if differing:
        ours, theirs = differing[0]
        raise DataError(
            f"{test_path} must have the columns of {train_path} in the same order, got {theirs!r} "
            f"in place of {ours!r} ({len(differing):,} of {train.pixels:,} differ)."
        )


def _is_header(first: Sequence[str], last: Sequence[str], *, single: bool) -> bool:
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers or any(cell.casefold() == LABEL_NAMES[0] for cell in first):
        return True
    if not _are_consecutive(numbers):
        return False
    return len(numbers) >= MIN_COUNTED_COLUMNS or (
        not single
        and any(
            cell and not is_number(cell) and is_number(below)
            for cell, below in zip(first, last, strict=False)
        )
    )


def _are_consecutive(cells: Sequence[str]) -> bool:
    start = int(cells[0]) if cells[0] in ("0", "1") else -1
    return start >= 0 and list(cells) == [str(start + n) for n in range(len(cells))]


def _label_like(like: Columns, names: tuple[str, ...] | None, path: Path) -> str | int | None:
    """Return the label's column of a test file, given that of the training file."""
    if names is None:
        return like.label
    if like.names is None:
        return None
    wanted = like.names[like.label]
    if wanted.casefold() not in map(str.casefold, names):
        raise DataError(
            f"{path} lacks the label's column {wanted!r} (it has {len(names)} columns, the "
            f"training file {like.count}). The test file must hold labels; "
            "data.source.test=null holds out a part of the training file instead."
        )
    return wanted


def _dropped(
    drop: Sequence[str | int],
    names: tuple[str, ...] | None,
    count: int,
    path: Path,
    *,
    lenient: bool,
) -> set[int]:
    """Return the positions to leave out; a test file may lack a named column."""
    folded = {name.casefold() for name in names or ()}
    present = [
        item
        for item in drop
        if not (lenient and isinstance(item, str) and item.strip().casefold() not in folded)
    ]
    return {_position(item, names, count, path, "drop") for item in present}


def _index_columns(
    names: Sequence[str], dropped: set[int], counts_up: Callable[[int], bool]
) -> set[int]:
    """Return the unnamed columns that number the rows, as written by pandas and R."""
    return {
        i
        for i, name in enumerate(names)
        if i not in dropped and _UNNAMED.fullmatch(name) and counts_up(i)
    }


def _only_text(first: Sequence[str], last: Sequence[str], dropped: set[int]) -> int:
    """Return the only column of text in a file without a header, else the first column."""
    kept = [i for i in range(len(first)) if i not in dropped]
    text = [
        i for i in kept if not is_number(first[i]) and i < len(last) and not is_number(last[i])
    ]
    return text[0] if len(text) == 1 else min(kept, default=0)


def _likely(names: tuple[str, ...], excluded: set[int], path: Path) -> int:
    """Return the position of the label by the names of the columns."""
    kept = [i for i in range(len(names)) if i not in excluded]
    known = [i for i in kept if names[i].casefold() in LABEL_NAMES]
    called_label = [i for i in known if names[i].casefold() == LABEL_NAMES[0]]
    odd = [i for i in _odd(names, excluded) if names[i]]
    for candidates in (called_label, known, odd):
        if len(candidates) == 1:
            return candidates[0]
    if kept and not known and not odd and _are_consecutive([names[i] for i in kept]):
        return kept[0]
    if known or odd or len(kept) < len(names):
        problem = "more than one column may be the label's"
    elif len({_stem(name) for name in names}) == 1:
        problem = "no column looks like the label's, because all names are alike"
    else:
        problem = "no column is called label, class or the like"
    shown = listed([repr(names[i]) for i in known or odd or kept])
    raise DataError(
        f"{path}: {problem} ({shown}). Set data.source.label to the name or the position (from 0) "
        "of the label's column, and data.source.drop=[NAME,...] to the columns to leave out."
    )


def _odd(names: Sequence[str], excluded: set[int]) -> list[int]:
    """Return the positions of names that do not look like the others; none if no two are alike.

    Names look alike if they differ in numbers only.
    """
    stems = {i: _stem(name) for i, name in enumerate(names) if i not in excluded}
    counts = Counter(stems.values())
    odd = [i for i, stem in stems.items() if counts[stem] == 1]
    return odd if len(odd) < len(stems) else []


def _stem(name: str) -> str:
    return re.sub(r"[0-9]+", "0", name.casefold())


def _position(
    item: str | int, names: tuple[str, ...] | None, count: int, path: Path, key: str
) -> int:
    if isinstance(item, int):
        if not -count <= item < count:
            raise DataError(
                f"{path} has {count} columns, so data.source.{key} must lie in {-count} to "
                f"{count - 1}, got {item}."
            )
        return item % count
    wanted = item.strip()
    for matches in (
        [i for i, name in enumerate(names or ()) if name == wanted],
        [i for i, name in enumerate(names or ()) if name.casefold() == wanted.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
    has = f"its {count} columns are {listed(names)}" if names else f"{count} columns without names"
    raise DataError(
        f"{path} has no column {wanted!r} ({has}). Set data.source.{key} to a name or a position "
        "from 0."
    )


def _refuse_other_tables(cells: Sequence[str], path: Path) -> None:
    """Refuse a row that holds names of files, or all pixels in one cell."""
    if not 1 < len(cells) <= MAX_OTHER_COLUMNS:
        return
    for cell in cells:
        if Path(cell).suffix.lower() in suffixes() or not any(map(is_number, cells)):
            raise DataError(
                f"{path} holds names of images ({cell!r}), not pixels. Copy the images to one "
                "folder per class and use data=image_folder (docs/data.md shows how)."
            )
        if len(cell.split()) > MAX_OTHER_COLUMNS and all(map(is_number, cell.split())):
            raise DataError(
                f"{path} holds {len(cell.split()):,} numbers in one cell. Write each pixel to a "
                "column of its own."
            )


def is_number(cell: str) -> bool:
    """Whether a cell is a number, possibly infinite."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
