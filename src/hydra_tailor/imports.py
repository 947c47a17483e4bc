"""Importing large libraries in less time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """Import large libraries inside of this once in a process, without garbage collections.

    torch and what its optimizers import make 460,000 objects, most of which stay. Python's
    collector would look through them several times while they are made, in each full collection
    of the training, and at exit. So it rests meanwhile, and leaves out for ever what exists at the
    end, with the garbage among it.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
