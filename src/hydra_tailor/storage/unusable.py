"""Errors of a storage that cannot be used and will not recover by itself, with advice.

Examples are a full disk, a read-only place, a file that was deleted or overwritten. The storage's
calls are then not repeated: each fails at once with `StorageAway`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage
from sqlalchemy.exc import DBAPIError

from hydra_tailor.errors import StorageAway
from hydra_tailor.internals.optuna import STORAGE_CALLS
from hydra_tailor.storage.retry import reason_of

S = TypeVar("S", bound=BaseStorage)

FREE_SPACE = "Free some space there"
MAKE_WRITABLE = "Make the file and its directory writable"
FROM_A_COPY = "Another program has written over it: bring it back from a copy"
ADVICE = {
    "disk is full": FREE_SPACE,
    "no space left": FREE_SPACE,
    "quota": FREE_SPACE,
    "readonly": MAKE_WRITABLE,
    "read-only": MAKE_WRITABLE,
    "permission denied": MAKE_WRITABLE,
    "unable to open database file": MAKE_WRITABLE,
    "not a database": FROM_A_COPY,
    "malformed": FROM_A_COPY,
    "no such table": FROM_A_COPY,
    "locked": "Another program holds it locked: end that program",
    "disk i/o error": "Its disk fails or is not mounted any more: mend that",
}
"""What to do, by words in a database's message."""
CALLS_BY_ID = (
    "get_all_trials",
    "_get_trials",
    "get_trial",
    "record_heartbeat",
    "set_trial_intermediate_value",
    "set_trial_param",
    "set_trial_state_values",
    "set_trial_system_attr",
    "set_trial_user_attr",
)
"""Calls on a study or trial that existed before: an unknown id means that it was deleted."""
OTHER_ADVICE = "Mend that, or name another storage"


def saying_what_is_wrong(storage: S, shown: str, file: Path | None = None) -> S:
    """Turn a database's error into one that tells what to do.

    Args:
        storage: changed in place, and returned.
        shown: its name in messages.
        file: the existing file of a SQLite database or a journal. It would keep being written to
            when it is deleted, and its content is lost in the end.
    """
    opened = identity(file) if file else None

    def call(name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if file and identity(file) != opened:
            raise StorageAway(
                f"{file} was deleted or replaced while it was in use, and the study with it. "
                "Bring it back from a copy and type the same command again, or begin a new "
                "search. The trials' own directories are as they were."
            )
        try:
            return function(*args, **kwargs)
        except (StorageInternalError, DBAPIError) as error:
            raise StorageAway(cannot_be_used(shown, reason_of(error))) from error
        except KeyError as error:  # Optuna's error for an unknown id
            if name not in CALLS_BY_ID:
                raise
            raise StorageAway(study_deleted(shown)) from error
        except Exception as error:
            if not _is_of_grpc(error):
                raise
            raise StorageAway(cannot_be_used(shown, reason_of(error))) from error

    for name in STORAGE_CALLS:
        if hasattr(storage, name):
            setattr(storage, name, functools.partial(call, name, getattr(storage, name)))
    return storage


def _is_of_grpc(error: Exception) -> bool:
    """Whether a proxy passes on an error of the storage behind it."""
    grpc = sys.modules.get("grpc")
    return grpc is not None and isinstance(error, grpc.RpcError)


def study_deleted(shown: str) -> str:
    """The message for a study that was deleted while it was in use."""
    return (
        f"the study was deleted from {shown} while it was in use. The trials' own directories are "
        "as they were. Begin a new search under another name."
    )


def cannot_be_used(shown: str, reason: str) -> str:
    """The message for a storage, given its name and the database's reason."""
    said = reason.lower()
    advice = next((advice for words, advice in ADVICE.items() if words in said), OTHER_ADVICE)
    return (
        f"the storage {shown} cannot be used: {reason.rstrip('.')}. {advice}, then type the same "
        "command again: trials that were running continue."
    )


def identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from a later one of its name; None where there is none."""
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
