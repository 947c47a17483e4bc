"""The keys of `optimizer` and `scheduler`, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from hydra_tailor.bounds import ClosedSettings, bounded, broken, ruled

CONSTANT = "tailor.training.constant"


def _are_betas(value: Any) -> bool:
    return len(value) == 2 and all(0 <= beta < 1 for beta in value)


@dataclass
class OptimizerConfig(ClosedSettings):
    KEY: ClassVar[str] = "optimizer"

    _target_: str = MISSING
    _partial_: bool = True
    lr: float = bounded(above=0)
    """Peak learning rate; the scheduler scales it."""
    weight_decay: float = bounded(at_least=0)
    """Applied to weights, not to biases or norms."""
    fused: bool = MISSING
    """Whether one kernel updates all parameters; faster, with the same results."""


@dataclass
class SgdConfig(OptimizerConfig):
    momentum: float = bounded(at_least=0, below=1)
    nesterov: bool = MISSING

    def conflicts(self) -> list[str]:
        """Messages about settings that exclude each other."""
        if not self.nesterov or self.momentum > 0:
            return []
        return [broken("optimizer.nesterov", "false where optimizer.momentum is 0", True)]


@dataclass
class AdamConfig(OptimizerConfig):
    betas: list[float] = ruled("two numbers in [0, 1)", _are_betas)
    eps: float = bounded(above=0)


@dataclass
class SchedulerConfig(ClosedSettings):
    KEY: ClassVar[str] = "scheduler"

    _target_: str = MISSING
    _partial_: bool = True


def depends_on_length(scheduler: Mapping[str, Any]) -> bool:
    """Whether the learning rate of a step depends on the total number of steps."""
    return bool(scheduler["_target_"] != CONSTANT)


def length_parameter(scheduler: Mapping[str, Any]) -> str | None:
    """The key whose increase continues a shorter run as a longer one; None if there is none."""
    # Called while the config is composed: an invalid scheduler is refused later, with the rule.
    is_constant = isinstance(scheduler, Mapping) and scheduler.get("_target_") == CONSTANT
    return "training.epochs" if is_constant else None


@dataclass
class WarmupConfig(SchedulerConfig):
    warmup: float = bounded(at_least=0, below=1)
    """Share of all steps spent rising from 0 to the peak."""
