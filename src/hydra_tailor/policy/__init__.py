"""Which configuration is tried next, and which trial ends early: samplers and pruners."""

from hydra_tailor.policy.pruner import AmongAlike

__all__ = ["AmongAlike"]
