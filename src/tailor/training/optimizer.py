"""The optimizer of a run, and which parameters decay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tailor.errors import ConfigError
from tailor.targets import build


def build_optimizer(config: Mapping[str, Any], model: nn.Module) -> torch.optim.Optimizer:
    """Build the optimizer that `config` names; weight decay leaves biases and norms alone.

    Args:
        config: `_target_` of a `torch.optim.Optimizer`, `_partial_: true`, and its arguments.
        model: its parameters of two dimensions or more decay, the others do not.

    Raises:
        ConfigError: the target is no optimizer, or refuses its arguments.
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    groups: list[dict[str, Any]] = [{"params": [p for p in trained if p.ndim >= 2]}]
    if others := [p for p in trained if p.ndim < 2]:
        groups.append({"params": others, "weight_decay": 0.0})
    try:
        optimizer = build("optimizer", config)(groups)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"`optimizer`: {config['_target_']!r} refuses: {error}") from error
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise ConfigError(
            "`optimizer._target_` must name a torch.optim.Optimizer (with `_partial_: true`), got "
            f"{config['_target_']!r}, which gave a {type(optimizer).__name__}."
        )
    return optimizer


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr
