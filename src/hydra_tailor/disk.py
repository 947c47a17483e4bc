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
    """Whether an error means that no space is left; the code that raised it is not at fault."""
    return isinstance(error, DiskFull) or isinstance(error, OSError) and error.errno in FULL


def cannot_be_written(error: OSError, directory: Path) -> str:
    """The message for a file that could not be written.

    Args:
        error: raised by the attempt.
        directory: the file's directory; an error raised while writing does not name the file.
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
    """Check that a path is text, since it is written into YAML files, URLs and the study.

    Raises:
        ConfigError: the path has bytes that the locale's encoding cannot represent.
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
