"""Files that cannot be written: what is wrong, and what to do."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

from hydra_tailor.errors import ConfigError, DiskFull

FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException) -> bool:
    """Whether an error says that no space is left: nothing else is wrong with what raised it."""
    return isinstance(error, DiskFull) or isinstance(error, OSError) and error.errno in FULL


def cannot_be_written(error: OSError, directory: Path) -> str:
    """The message for a file that could not be written.

    Args:
        error: from the attempt.
        directory: where the file belongs; an error while writing names no file.
    """
    if is_full(error):
        quota = " of your quota" if error.errno == errno.EDQUOT else ""
        return (
            f"no space{quota} is left for {directory}{_free(directory)}. Free some there, then "
            "type the same command again: it continues."
        )
    where = error.filename2 or error.filename or directory
    return f"{where} cannot be written: {error.strerror or error}."


def refuse_unencodable(directory: Path) -> None:
    """Check that a path is text: it stands in YAML files, in URLs and in the study.

    Raises:
        ConfigError: it has bytes that the locale's encoding does not know.
    """
    try:
        str(directory).encode()
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        raise ConfigError(
            f"the path {os.fsencode(directory)!r} is not text in the encoding {encoding} of this "
            "locale. Rename the directory, or, where its name is UTF-8, type PYTHONUTF8=1 before "
            "the command."
        ) from None


def _free(directory: Path) -> str:
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return ""
    return f" ({usage.free / 1e6:.1f} of {usage.total / 1e6:,.0f} MB are free)"
