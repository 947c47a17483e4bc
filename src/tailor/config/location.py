"""Location of `conf/`: next to `src/` in a clone, inside the package in an installation."""

from __future__ import annotations

from pathlib import Path

from tailor.errors import ConfigError

ROOT_CONFIG = "train.yaml"


def conf_directory() -> Path:
    """Return the directory of the application's config files.

    Raises:
        ConfigError: the package is neither in a clone nor installed from one.
    """
    package = Path(__file__).resolve().parents[1]
    in_clone, installed = package.parents[1] / "conf", package / "conf"
    for directory in (in_clone, installed):
        if (directory / ROOT_CONFIG).is_file():
            return directory
    raise ConfigError(
        f"the application has no config files: neither {in_clone} nor {installed} has a "
        f"{ROOT_CONFIG}. Install it from a clone of its repository: pip install -e . in it."
    )
