"""Whether a job ended because its node was lost: then its trial is not at fault."""

from __future__ import annotations

import re

from hydra_tailor.errors import NodeLost

MAX_LOST_NODES = 5
"""After this many lost nodes the trial itself is assumed to be the cause."""


def lost_node(error: BaseException) -> NodeLost | None:
    """Return the lost node that a launcher's error reports, or None for any other error.

    The launcher that raised it may not be installed here, so no launcher is imported: Ray's
    classes are recognised by their names, and SLURM's report by the word NODE_FAIL.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "ray.exceptions"}
    if kinds & {"NodeDiedError", "LocalRayletDiedError", "ObjectLostError"}:
        return NodeLost(f"its node was lost ({str(error).partition('. ')[0]})")
    if type(error).__module__.startswith("submitit.") and re.search(r"\bNODE_FAIL\b", str(error)):
        return NodeLost("its node was lost (SLURM: NODE_FAIL)")
    return None
