"""Passwords typed as `hydra.sweeper.storage=...`: refused before anything records them.

The process list shows a command line to every user of the host, the shell keeps it, Hydra writes
typed overrides into a single run's `.hydra/`, W&B stores them.
"""

from __future__ import annotations

import sys

from hydra_tailor.errors import ConfigError
from hydra_tailor.names import STORAGE_VARIABLE

KEY = "hydra.sweeper.storage"
WHERE_IT_IS_SAFE = (
    f"Leave it out there, and set {STORAGE_VARIABLE} to the same URL with its password, from a "
    "file that only you can read, or leave the password to the database's client, for PostgreSQL "
    "PGPASSWORD or ~/.pgpass"
)


def refuse_typed_passwords() -> None:
    """Check that `sys.argv` contains no password of a storage.

    Call it before the function that `hydra.main` decorates, which writes files.

    Raises:
        ConfigError: `sys.argv` contains one.
    """
    for word in sys.argv[1:]:
        key = word.lstrip("+").partition("=")[0]
        within, around = f"{key}.".startswith(f"{KEY}."), KEY.startswith(f"{key}.")
        if (within or around) and _holds_password(word, key):
            raise ConfigError(
                f"`{key}` must be typed without a password: every user of this host could read it "
                f"in the process list, and the shell keeps it. {WHERE_IT_IS_SAFE}."
            )


def _holds_password(word: str, key: str) -> bool:
    # Imported here: most commands name no storage and need not wait for it.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    from hydra_tailor.storage.passwords import holds_secret

    try:
        value = OverridesParser.create().parse_override(word).value()
    except HydraException:
        return False  # Hydra refuses it as well, with its reason
    return holds_secret(value, key)
