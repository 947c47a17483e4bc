"""Building the optimizer of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tailor.addresses import build
from tailor.errors import ConfigError


def build_optimizer(config: Mapping[str, Any], model: nn.Module) -> torch.optim.Optimizer:
    """Build the optimizer that `config` names; biases and norms have no weight decay.

    Args:
        config: `_target_` of a `torch.optim.Optimizer`, `_partial_: true`, and its arguments;
            `lr` is among them.
        model: weight decay applies to its parameters of two or more dimensions only.

    Raises:
        ConfigError: the target is not an optimizer, or rejects its arguments; `lr` is missing.
    """
    if "lr" not in config:
        raise ConfigError(
            f"`optimizer.lr` is missing: the scheduler scales it, so {config.get('_target_')!r} "
            "needs it in its YAML file, as in lr: 1e-3."
        )
    trainable = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": [p for p in trainable if p.ndim >= 2]}]
    if others := [p for p in trainable if p.ndim < 2]:
        groups.append({"params": others, "weight_decay": 0.0})
    try:
        optimizer = build("optimizer", config)(groups)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"`optimizer`: {config['_target_']!r} refuses: {error}") from error
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise ConfigError(
            "`optimizer._target_` must name a torch.optim.Optimizer (with `_partial_: true`), got "
            f"{config['_target_']!r}, which returned a {type(optimizer).__name__}."
        )
    return optimizer


def start_momentum(optimizer: torch.optim.Optimizer) -> None:
    """Initialise SGD's momentum to zero, which does not change the first step.

    With float16 the first gradients often overflow. The fused kernel then skips the step, but
    keeps the momentum that it has just allocated, whose memory is uninitialised.
    """
    for group in optimizer.param_groups:
        if isinstance(optimizer, torch.optim.SGD) and group["momentum"]:
            for parameter in group["params"]:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr
