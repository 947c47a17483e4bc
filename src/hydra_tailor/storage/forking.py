"""No fork during a storage's call: the child would inherit locks that nobody releases.

joblib's backend `multiprocessing`, and jobs with a `multiprocessing.Pool` of their own, fork a
process whose other threads talk to the storage.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from optuna.storages import BaseStorage

from hydra_tailor.internals.optuna import STORAGE_CALLS

S = TypeVar("S", bound=BaseStorage)

_in_call = threading.RLock()


def not_while_forking(storage: S) -> S:
    """Make a fork wait for the running calls of a storage, and its calls wait for a fork.

    Args:
        storage: changed in place, and returned.
    """
    for name in STORAGE_CALLS:
        if hasattr(storage, name):
            setattr(storage, name, functools.partial(_call, getattr(storage, name)))
    return storage


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with _in_call:
        return function(*args, **kwargs)


if sys.platform != "win32":  # no fork there
    os.register_at_fork(
        before=_in_call.acquire,
        after_in_parent=_in_call.release,
        after_in_child=_in_call.release,
    )
