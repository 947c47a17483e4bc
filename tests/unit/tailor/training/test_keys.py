"""The bounds of the keys under `training` that a config is held to before anything is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tailor.config import RunConfig
from tailor.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        ("training.amp=fp8", r"amp` must be one of auto, off, bf16, fp16, got 'fp8'"),
        ("training.device=cuda:00", r"device` must be one of .*got 'cuda:00'"),
        ("training.compile=maybe", r"compile` must be one of auto, on, off, got 'maybe'"),
        ("training.label_smoothing=1", r"label_smoothing` must be in \[0, 1\)"),
        ("training.class_weights=even", r"class_weights` must be one of none, balanced"),
        ("training.grad_clip=0", r"grad_clip` must be a finite number above 0, or null"),
        ("training.grad_clip=inf", r"grad_clip` must be a finite number above 0, or null"),
        ("training.ema=1", r"ema` must be in \[0, 1\), got 1"),
        ("training.patience=0", r"patience` must be 1 or more, or null, got 0"),
    ],
)
def test_what_is_out_of_bounds_is_refused(
    config_of: Callable[..., RunConfig], override: str, rule: str
) -> None:
    with pytest.raises(ConfigError, match=rule):
        config_of(override)


def test_all_problems_are_named_at_once(config_of: Callable[..., RunConfig]) -> None:
    with pytest.raises(ConfigError, match=r"amp.*ema.*patience"):
        config_of("training.amp=x", "training.ema=2", "training.patience=-1")
