"""Opening a CSV file, compressed or not, safe against damage and forged sizes."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tailor.errors import DataError

MAX_LINE_CHARACTERS = 1 << 24
"""16 million, enough for a colour image of 1,000 x 1,000 pixels."""
ENCODING = "utf-8-sig"
"""UTF-8, with or without the byte order mark that Excel writes."""
DAMAGE = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # an unknown compression method
    RuntimeError,  # an encrypted member
)


def archive_of(path: Path) -> Path:
    """Return the file on disk: `path`, or the archive that contains it."""
    for parent in path.parents:
        if parent.suffix.lower() == ".zip" and parent.is_file():
            return parent
    return path


@contextmanager
def open_csv(path: Path) -> Iterator[TextIO]:
    """Open the text of a `.csv`, a `.csv.gz`, or a CSV file inside a `.zip`, in place.

    Raises:
        DataError: the file or member is missing or damaged; damage may show while it is read.
    """
    archive = archive_of(path)
    if not archive.is_file():
        raise DataError(f"there is no file {archive.absolute()}.")
    try:
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(archive) as container:
                member = _member(container, archive, path)
                with io.TextIOWrapper(container.open(member), encoding=ENCODING) as file:
                    yield file
        elif archive.suffix.lower() == ".gz":
            with io.TextIOWrapper(gzip.open(archive), encoding=ENCODING) as file:
                yield file
        else:
            with archive.open(encoding=ENCODING) as file:
                yield file
    except DAMAGE as error:
        raise DataError(f"{path} cannot be read: {error or type(error).__name__}.") from error


def _member(container: zipfile.ZipFile, archive: Path, path: Path) -> str:
    names = [name for name in container.namelist() if name.lower().endswith(".csv")]
    if path != archive:
        member = path.relative_to(archive).as_posix()
        if member in names:
            return member
    elif len(names) == 1:
        return names[0]
    raise DataError(
        f"{archive} must be given with the name of one of its CSV files "
        f"({', '.join(names[:10]) or 'it holds none'}), as in {archive.name}/name.csv, got {path}."
    )


def numbered_lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank, with its line number.

    Raises:
        ValueError: a line is longer than `MAX_LINE_CHARACTERS`, or is not UTF-8.
    """
    number = 0
    while line := text.readline(MAX_LINE_CHARACTERS):
        number += 1
        if len(line) == MAX_LINE_CHARACTERS:
            raise ValueError(f"line {number} has more than {MAX_LINE_CHARACTERS:,} characters")
        if line.strip():
            yield number, line
