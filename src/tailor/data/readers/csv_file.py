"""Opening a CSV file, compressed or not, safe against damage and forged sizes."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from tailor.data.readers.ignored import is_ignored
from tailor.errors import DataError

MAX_LINE_CHARACTERS = 1 << 24
"""16 million, enough for a colour image of 1,000 x 1,000 pixels."""
OTHER_ARCHIVES = (".bz2", ".xz", ".zst", ".lz4", ".7z", ".rar", ".tar", ".tgz")
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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
def open_csv(path: Path, *, encoding: str | None = None) -> Iterator[TextIO]:
    """Open the text of a `.csv`, a `.csv.gz`, or a CSV file inside a `.zip`, in place.

    Args:
        path: the file, or a name inside an archive.
        encoding: None is UTF-8, or UTF-16 if the file starts with its byte order mark.

    Raises:
        DataError: the file or member is missing or damaged; damage may show while it is read.
    """
    archive = archive_of(path)
    if not archive.is_file():
        raise DataError(f"there is no file {archive.absolute()}.")
    try:
        with (
            _open_binary(path, archive) as content,
            io.TextIOWrapper(content, encoding=encoding or _encoding_of(content)) as text,
        ):
            yield text
    except LookupError as error:
        raise DataError(
            f"data.source.encoding must be a name such as utf-8, utf-16 or cp1252, got {encoding}."
        ) from error
    except UnicodeError as error:
        raise DataError(
            f"{path} is not in the encoding {encoding or 'UTF-8'} ({error}). Set "
            "data.source.encoding, such as cp1252 for a file of Windows, or utf-16."
        ) from error
    except DAMAGE as error:
        raise DataError(f"{path} cannot be read: {error or type(error).__name__}.") from error


@contextmanager
def _open_binary(path: Path, archive: Path) -> Iterator[io.BufferedReader]:
    suffix = archive.suffix.lower()
    with ExitStack() as stack:
        content: Any
        if suffix == ".zip":
            container = stack.enter_context(zipfile.ZipFile(archive))
            content = stack.enter_context(container.open(_member(container, archive, path)))
        elif suffix == ".gz":
            content = stack.enter_context(gzip.open(archive))
        elif suffix in OTHER_ARCHIVES:
            raise DataError(f"{path}: {suffix} files are not read. Unpack it, or use .gz or .zip.")
        else:
            content = stack.enter_context(archive.open("rb"))
        yield stack.enter_context(io.BufferedReader(content))


def _encoding_of(content: io.BufferedReader) -> str:
    # utf-8-sig reads UTF-8 with and without the byte order mark that Excel writes.
    return "utf-16" if content.peek(2)[:2] in UTF_16_MARKS else "utf-8-sig"


def _member(container: zipfile.ZipFile, archive: Path, path: Path) -> str:
    names = [
        name
        for name in container.namelist()
        if name.lower().endswith(".csv") and not any(map(is_ignored, name.split("/")))
    ]
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
        ValueError: a line is longer than `MAX_LINE_CHARACTERS`, or has another encoding.
    """
    number = 0
    while line := text.readline(MAX_LINE_CHARACTERS):
        number += 1
        if len(line) == MAX_LINE_CHARACTERS:
            raise ValueError(f"line {number} has more than {MAX_LINE_CHARACTERS:,} characters")
        if line.strip():
            yield number, line
