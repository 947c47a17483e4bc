"""The Gaussian process behind the curve sampler."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from hydra_tailor.policy import gaussian
from hydra_tailor.policy.gaussian import Coordinates, GaussianProcess, Observations

PLAIN = Coordinates(
    groups=np.arange(2), warped=np.array([True, True]), settings=np.array([True, False])
)


def seen(n: int, *, edge: float = 1.0) -> Observations:
    points = np.random.default_rng(0).random((n, 2))
    values = np.sin(5 * points[:, 0] ** edge) + points[:, 1]
    values = (values - values.mean()) / values.std()
    return Observations(points, values, 1 - points[:, 1])


def test_it_passes_through_what_was_seen_and_doubts_what_was_not() -> None:
    observed = seen(30)
    unwarped = replace(PLAIN, warped=np.array([False, False]))
    process = GaussianProcess(observed, unwarped)
    mean, deviation = process.predict(observed.points)
    assert np.abs(mean - observed.values).max() < 0.1
    _, far = process.predict(np.array([[5.0, 5.0]]))
    assert far[0] > 2 * deviation.max()


def test_it_predicts_what_it_did_not_see() -> None:
    everything = seen(60, edge=0.2)
    process = GaussianProcess(
        Observations(
            everything.points[:40],
            everything.values[:40],
            everything.early[:40],
        ),
        PLAIN,
    )
    mean, _ = process.predict(everything.points[40:])
    assert np.corrcoef(mean, everything.values[40:])[0, 1] > 0.95


def test_a_configuration_that_stands_out_stays_so() -> None:
    """What is better than its neighbours early is expected to be so at the end."""
    rng = np.random.default_rng(0)
    x = np.linspace(0.0, 1.0, 12)
    points = np.column_stack([np.repeat(x, 2), np.tile([0.2, 0.8], 12)])
    own = np.repeat(rng.normal(size=12), 2)
    values = own + points[:, 1]
    observed = Observations(points, values - values.mean(), np.zeros(24))
    process = GaussianProcess(observed, PLAIN)
    mean, doubt = process.predict(np.column_stack([x, np.ones(12)]))
    assert np.corrcoef(mean, own[::2])[0, 1] > 0.95
    _, between = process.predict(np.column_stack([x[:-1] + 1 / 22, np.ones(11)]))
    assert between.min() > doubt.max()


def repeated(n: int, early: float) -> Observations:
    """One configuration trained by n trials, whose values differ by chance; and another one."""
    values = np.append(np.random.default_rng(0).normal(size=n), -4.0)
    points = np.vstack([np.tile([0.5, 1.0 - early], (n, 1)), [0.1, 1.0 - early]])
    return Observations(points, values, np.full(n + 1, early))


@pytest.mark.parametrize("early", [0.0, 0.8])
def test_a_new_trial_is_not_expected_to_be_lucky(early: float) -> None:
    """However much trials of one configuration differ, after thirty its mean is known."""
    observed = repeated(30, early)
    process = GaussianProcess(observed, PLAIN)
    _, again = process.predict(observed.points[:1])
    _, elsewhere = process.predict(np.array([[0.9, 1.0 - early]]))
    assert again[0] < 0.4  # the trials' own deviation is 1
    assert again[0] < elsewhere[0]


def test_an_early_value_says_less_about_its_trial() -> None:
    """Where early values differ and last ones do not, a lucky start is not believed."""
    rng, n = np.random.default_rng(0), 15
    x = np.linspace(0.0, 0.7, n)
    early, late = rng.normal(size=n), rng.normal(scale=0.1, size=n)
    points = np.column_stack([[*x, *x, 0.9], [0.1] * n + [1.0] * n + [0.1]])
    values = np.array([*early, *late, 2.0])
    process = GaussianProcess(Observations(points, values, 1 - points[:, 1]), PLAIN)
    at_end, _ = process.predict(np.array([[0.9, 1.0]]))
    assert abs(at_end[0]) < 0.5


@pytest.mark.parametrize("warped", [[True, True], [True, False], [False, False]])
def test_the_slopes_of_its_cost_are_right(
    warped: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []

    def minimize(cost, start, **options):  # type: ignore[no-untyped-def]
        costs.append((cost, start))
        return type("Found", (), {"x": start})

    monkeypatch.setattr(gaussian, "minimize", minimize)
    GaussianProcess(seen(20), replace(PLAIN, warped=np.array(warped)))
    ((cost, start),) = costs
    near = start + 0.1 * np.random.default_rng(1).normal(size=len(start))
    slope = cost(near)[1]
    wrong = check_grad(lambda log: cost(log)[0], lambda log: cost(log)[1], near)
    assert wrong < 1e-4 * np.linalg.norm(slope)


def test_many_observations_are_thinned_for_the_fit_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian, "MAX_FITTED", 20)
    observed = seen(60)
    process = GaussianProcess(observed, PLAIN)
    mean, _ = process.predict(observed.points)
    assert np.corrcoef(mean, observed.values)[0, 1] > 0.98
