"""The keys of `optimizer` and `scheduler`, by kind."""

from __future__ import annotations

from dataclasses import dataclass

from omegaconf import MISSING

from tailor.config.checks import problems_of


@dataclass
class OptimizerConfig:
    _target_: str = MISSING
    _partial_: bool = True
    lr: float = MISSING
    """Peak learning rate, a step; the scheduler scales it."""
    weight_decay: float = MISSING
    """Applied to weights alone, not to biases and norms."""
    fused: bool = MISSING
    """Whether one kernel updates all parameters; the same numbers, less time."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "optimizer.lr",
                    self.lr,
                    0 < self.lr < float("inf"),
                    "a finite number above 0",
                ),
                (
                    "optimizer.weight_decay",
                    self.weight_decay,
                    0 <= self.weight_decay < float("inf"),
                    "a finite number of 0 or more",
                ),
            ]
        )


@dataclass
class SgdConfig(OptimizerConfig):
    momentum: float = MISSING
    nesterov: bool = MISSING

    def problems(self) -> list[str]:
        return super().problems() + problems_of(
            [
                ("optimizer.momentum", self.momentum, 0 <= self.momentum < 1, "in [0, 1)"),
                (
                    "optimizer.nesterov",
                    self.nesterov,
                    not self.nesterov or self.momentum > 0,
                    "false where optimizer.momentum is 0",
                ),
            ]
        )


@dataclass
class AdamConfig(OptimizerConfig):
    betas: list[float] = MISSING
    eps: float = MISSING

    def problems(self) -> list[str]:
        betas_hold = len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas)
        return super().problems() + problems_of(
            [
                ("optimizer.betas", self.betas, betas_hold, "two numbers in [0, 1)"),
                ("optimizer.eps", self.eps, self.eps > 0, "above 0"),
            ]
        )


@dataclass
class SchedulerConfig:
    _target_: str = MISSING
    _partial_: bool = True


@dataclass
class WarmupConfig(SchedulerConfig):
    warmup: float = MISSING
    """Share of all steps spent rising from 0 to the peak, in [0, 1)."""

    def problems(self) -> list[str]:
        return problems_of([("scheduler.warmup", self.warmup, 0 <= self.warmup < 1, "in [0, 1)")])
