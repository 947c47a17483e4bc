"""Which configuration is tried next, and for how long: samplers and pruners."""

from typing import Any

from hydra_tailor.policy.freeze_thaw import FreezeThaw
from hydra_tailor.policy.promote import Promote
from hydra_tailor.policy.pruner import AmongAlike

__all__ = ["AmongAlike", "CurveSampler", "FreezeThaw", "Promote"]


def __getattr__(name: str) -> Any:
    if name == "CurveSampler":  # imported lazily: jobs use only the pruner, not SciPy
        from hydra_tailor.policy.curves import CurveSampler

        return CurveSampler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
