"""Pickling what the sweep and its workers send each other."""

from __future__ import annotations

import inspect
import io
import sys
from types import FunctionType
from typing import Any

import cloudpickle
from hydra.core.utils import JobReturn, JobStatus

from hydra_tailor.internals.hydra import raw_return_value

MAIN = "__main__"


class ProgramPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles objects of the program's main file by name, and others as cloudpickle does.

    A worker imports that file anyway. A second copy of a class would break `torch.save`, `pickle`
    and `isinstance` in a job.
    """

    def reducer_override(self, obj: Any) -> Any:
        if (
            isinstance(obj, (type, FunctionType))
            and obj.__module__ == MAIN
            and _is_importable_main()
            and _of_main(obj.__qualname__) is obj
        ):
            return of_main_or_copy, (obj.__qualname__, cloudpickle.dumps(obj))
        return super().reducer_override(obj)


def pickled_program(program: Any) -> bytes:
    """Pickle what a worker needs to run jobs of this program."""
    buffer = io.BytesIO()
    ProgramPickler(buffer).dump(program)
    return buffer.getvalue()


def shortened(returned: JobReturn) -> bytes:
    """Pickle a job's return; leave its config out if that cannot be pickled."""
    try:
        return bytes(cloudpickle.dumps(returned))
    except Exception:
        returned.cfg = None  # a job may have put any object into it
    try:
        return bytes(cloudpickle.dumps(returned))
    except Exception as error:  # what the job returned or raised cannot be pickled
        value = raw_return_value(returned)
        returned.return_value = RuntimeError(f"{value!r} cannot be sent back: {error}")
        returned.status = JobStatus.FAILED
        return bytes(cloudpickle.dumps(returned))


def of_main_or_copy(qualname: str, copy: bytes) -> Any:
    """Return the main file's object of this name, or the copy if its import defines none."""
    own = _of_main(qualname)
    return cloudpickle.loads(copy) if own is None else own


def _of_main(qualname: str) -> Any:
    """The main file's object of this name, without decorators such as Hydra's."""
    target: Any = sys.modules[MAIN]
    for part in qualname.split("."):
        target = getattr(target, part, None)
    return inspect.unwrap(target) if callable(target) else target


def _is_importable_main() -> bool:
    """Whether a process started by `spawn` imports the main file; a notebook has none."""
    main = sys.modules[MAIN]
    return getattr(main, "__spec__", None) is not None or hasattr(main, "__file__")
