"""Whether a job ended because the node that ran it is gone: then its trial is not to blame."""

from __future__ import annotations

import re

from tailor.errors import TailorError

LIMIT = 5  # nodes that a trial may lose; then it is taken for what brings them down


class NodeLost(TailorError):
    """The node that ran a job died or was cut off; the job itself did nothing wrong."""


def node_lost(error: BaseException) -> NodeLost | None:
    """Return what a launcher's error says of a lost node, or None where it is something else.

    A launcher that is not installed cannot have raised it, so none is imported: Ray's classes are
    known by their names, what SLURM says of a job by its word for it.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "ray.exceptions"}
    if kinds & {"NodeDiedError", "LocalRayletDiedError", "ObjectLostError"}:
        return NodeLost(f"its node was lost ({str(error).partition('. ')[0]})")
    if type(error).__module__.startswith("submitit.") and re.search(r"\bNODE_FAIL\b", str(error)):
        return NodeLost("its node was lost (SLURM: NODE_FAIL)")
    return None
