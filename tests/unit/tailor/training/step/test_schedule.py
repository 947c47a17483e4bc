from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tailor.training.step.schedule import constant, cosine, one_cycle


@pytest.mark.parametrize("schedule", [one_cycle, cosine])
@pytest.mark.parametrize("warmup", [0.0, 0.2, 0.9])
def test_rises_to_one_then_falls_to_zero(schedule: Callable[..., float], warmup: float) -> None:
    factors = [schedule(step / 1000, warmup=warmup) for step in range(1000)]
    peak = factors.index(max(factors))
    assert peak == 1000 * warmup
    assert factors[peak] == pytest.approx(1)
    assert factors[:peak] == sorted(factors[:peak])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
    assert 0 <= factors[-1] < 0.02


@pytest.mark.parametrize(
    ("schedule", "progress", "factor"),
    [
        pytest.param(partial(one_cycle, warmup=0.2), 0.1, 0.5, id="half of the warm-up"),
        pytest.param(partial(one_cycle, warmup=0.2), 0.6, 0.5, id="half of the fall"),
        pytest.param(partial(cosine, warmup=0.0), 0.5, 0.5, id="middle of the cosine"),
        pytest.param(partial(cosine, warmup=0.0), 0.25, 0.853553, id="quarter of the cosine"),
        pytest.param(constant, 0.7, 1.0, id="constant"),
    ],
)
def test_values(schedule: Callable[[float], float], progress: float, factor: float) -> None:
    assert schedule(progress) == pytest.approx(factor, abs=1e-6)
