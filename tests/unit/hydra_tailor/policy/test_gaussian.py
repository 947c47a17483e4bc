"""The Gaussian process behind the curve sampler."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from hydra_tailor.policy import gaussian
from hydra_tailor.policy.gaussian import Coordinates, GaussianProcess, Observations

PLAIN = Coordinates(groups=np.arange(2), warped=np.array([True, True]))


def seen(n: int, *, edge: float = 1.0) -> Observations:
    points = np.random.default_rng(0).random((n, 2))
    values = np.sin(5 * points[:, 0] ** edge) + points[:, 1]
    return Observations(points, np.arange(n), (values - values.mean()) / values.std())


def test_it_passes_through_what_was_seen_and_doubts_what_was_not() -> None:
    observed = seen(30)
    process = GaussianProcess(observed, PLAIN)
    mean, deviation = process.predict(observed.points, observed.trials)
    assert np.abs(mean - observed.values).max() < 0.1
    _, far = process.predict(np.array([[5.0, 5.0]]), np.array([-1]))
    assert far[0] > 2 * deviation.max()


def test_it_predicts_what_it_did_not_see() -> None:
    everything = seen(60, edge=0.2)
    process = GaussianProcess(
        Observations(everything.points[:40], everything.trials[:40], everything.values[:40]), PLAIN
    )
    mean, _ = process.predict(everything.points[40:], everything.trials[40:])
    assert np.corrcoef(mean, everything.values[40:])[0, 1] > 0.95


def test_observations_of_one_trial_share_a_deviation() -> None:
    """A trial that is better than its neighbours is expected to stay so."""
    rng = np.random.default_rng(0)
    points = np.column_stack([np.repeat(rng.random(12), 2), np.tile([0.2, 0.8], 12)])
    trials = np.repeat(np.arange(12), 2)
    values = np.repeat(rng.normal(size=12), 2) + points[:, 1]
    process = GaussianProcess(Observations(points, trials, values - values.mean()), PLAIN)
    at_end = np.column_stack([points[::2, 0], np.ones(12)])
    known, _ = process.predict(at_end, np.arange(12))
    unknown, doubt = process.predict(at_end, np.full(12, -1))
    _, certain = process.predict(at_end, np.arange(12))
    assert np.corrcoef(known, values[::2])[0, 1] > 0.95
    assert (certain < doubt).all()
    assert np.abs(unknown).max() < np.abs(known).max()


@pytest.mark.parametrize("warped", [[True, True], [True, False], [False, False]])
def test_the_slopes_of_its_cost_are_right(
    warped: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []

    def minimize(cost, start, **options):  # type: ignore[no-untyped-def]
        costs.append((cost, start))
        return type("Found", (), {"x": start})

    monkeypatch.setattr(gaussian, "minimize", minimize)
    GaussianProcess(seen(20), Coordinates(np.arange(2), np.array(warped)))
    ((cost, start),) = costs
    near = start + 0.1 * np.random.default_rng(1).normal(size=len(start))
    slope = cost(near)[1]
    wrong = check_grad(lambda log: cost(log)[0], lambda log: cost(log)[1], near)
    assert wrong < 1e-4 * np.linalg.norm(slope)


def test_many_observations_are_thinned_for_the_fit_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian, "MAX_FITTED", 20)
    observed = seen(60)
    process = GaussianProcess(observed, PLAIN)
    mean, _ = process.predict(observed.points, observed.trials)
    assert np.corrcoef(mean, observed.values)[0, 1] > 0.98
