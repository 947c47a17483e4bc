"""Location of `conf/`, for programs that may be started from any directory."""

from __future__ import annotations

from pathlib import Path

from tailor.errors import ConfigError


def conf_directory() -> Path:
    """Return the directory of the application's config files.

    Raises:
        ConfigError: this is not a clone of the repository.
    """
    directory = Path(__file__).resolve().parents[3] / "conf"
    if not directory.is_dir():
        raise ConfigError(
            f"{directory} is missing: the application runs from a clone of its repository, where "
            "conf/ is next to src/. Clone it and type pip install -e . there."
        )
    return directory
