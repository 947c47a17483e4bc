"""Learning-rate schedules: pure functions from progress to a factor of the peak rate."""

from __future__ import annotations

import math


def one_cycle(progress: float, *, warmup: float) -> float:
    """Rise linearly from 0 to 1 over the first `warmup` of the steps, then fall linearly to 0.

    Args:
        progress: share of the steps done, in [0, 1).
        warmup: share of the steps with a rising rate, in [0, 1).

    Source: Smith and Topin 2017, arXiv:1708.07120, without the last annihilation phase.
    """
    if progress < warmup:
        return progress / warmup
    return (1 - progress) / (1 - warmup)


def cosine(progress: float, *, warmup: float) -> float:
    """Rise linearly over the first `warmup` of the steps, then fall along a half cosine to 0.

    Source: Loshchilov and Hutter 2016, arXiv:1608.03983, equation 5, one cycle.
    """
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def constant(progress: float) -> float:
    """Stay at the peak."""
    return 1.0
