"""A Gaussian process over configurations and epochs, sized for a few hundred observations."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from hydra_tailor.policy.axes import Coordinates

Array = NDArray[np.float64]

MAX_FITTED = 120
"""Observations that the hyperparameters are fitted to; predictions use all observations."""
MAX_ITERATIONS = 25
JITTER = 1e-6
LOCAL = 0.1
"""Configurations closer than about this share of an axis share their local effect."""
EDGE = 1e-4
"""A warped coordinate keeps this distance from 0 and 1, where slopes are infinite."""
SQRT5 = np.sqrt(5.0)

# Log-normal priors, for standardised values and axes of length 1.
LENGTH_SCALE, LENGTH_SCALE_SPREAD = 0.7, 1.0
WARP, WARP_SPREAD = 1.0, 0.75
SIGNAL, SIGNAL_SPREAD = 1.0, 0.7
LOCAL_SIGNAL, LOCAL_SIGNAL_SPREAD = 0.05, 1.5
NOISE, NOISE_SPREAD = 1e-3, 1.5
EARLY, EARLY_SPREAD = 0.02, 1.5
WIDEST = 4.0
"""A hyperparameter stays within this many spreads of its prior."""


@dataclass(frozen=True)
class Observations:
    """Values at points.

    Attributes:
        points: N x D; each axis is about 1 long.
        values: N, standardised; larger is better.
        early: N shares of its time that a trial has left; the larger, the noisier is its value.
    """

    points: Array
    values: Array
    early: Array


class Hyperparameters:
    """The layout of the vector of logarithms, with its prior and bounds."""

    def __init__(self, coordinates: Coordinates) -> None:
        n_scales = int(coordinates.groups.max(initial=-1)) + 1
        n_warps = int(coordinates.warped.sum())
        self.scales = slice(0, n_scales)
        self.a = slice(n_scales, n_scales + n_warps)
        self.b = slice(n_scales + n_warps, n_scales + 2 * n_warps)
        ends = [SIGNAL, LOCAL_SIGNAL, NOISE, EARLY]
        spreads = [SIGNAL_SPREAD, LOCAL_SIGNAL_SPREAD, NOISE_SPREAD, EARLY_SPREAD]
        self.mean = np.log([*[LENGTH_SCALE] * n_scales, *[WARP] * (2 * n_warps), *ends])
        self.spread = np.array(
            [*[LENGTH_SCALE_SPREAD] * n_scales, *[WARP_SPREAD] * (2 * n_warps), *spreads]
        )

    @property
    def bounds(self) -> list[tuple[float, float]]:
        reach = WIDEST * self.spread
        return list(zip(self.mean - reach, self.mean + reach, strict=True))


class GaussianProcess:
    """Matern 5/2 over warped coordinates, a local effect of each configuration, and noise.

    The local effect makes a configuration better or worse than the smooth surface, equally at all
    its epochs; configurations close to it share the effect. If it belonged to each trial, like
    luck, one more trial of a good configuration would always promise an improvement, and a search
    would repeat it. Noise is larger the more of a training is left: after a first epoch, seeds
    differ by several times as much as at the end.

    Each coordinate is warped by the distribution function of Kumaraswamy (as in HEBO,
    arXiv:2012.03826): good networks often lie in a narrow strip at the edge of a parameter's
    range, where one length scale for the whole range sees a plateau. The hyperparameters are the
    most probable ones under log-normal priors: with only six observations, maximum likelihood
    would overfit.

    Args:
        seen: the observations.
        coordinates: what the columns of the points mean.

    Raises:
        scipy.linalg.LinAlgError: no hyperparameters fit the observations.
    """

    def __init__(self, seen: Observations, coordinates: Coordinates) -> None:
        self._groups, self._warped = coordinates.groups, coordinates.warped
        self._settings = coordinates.settings
        self._names = Hyperparameters(coordinates)
        self._log = self._fit(_most_telling(seen))
        self._learn(seen)

    def given(self, seen: Observations) -> GaussianProcess:
        """Return this process given other observations, with the same hyperparameters."""
        other = copy.copy(self)
        other._learn(seen)
        return other

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation at M points, given as M x D."""
        signal, local, *_ = np.exp(self._log[-4:])
        matern, _ = _matern(self._warp(points, self._log)[0] / self._scales(), self._points)
        covariance = signal * matern + local * self._near(points, self._seen.points)
        explained = solve_triangular(self._root, covariance.T, lower=True)
        variance = signal + local - (explained**2).sum(axis=0)
        return covariance @ self._weights, np.sqrt(np.maximum(variance, 1e-9))

    def _learn(self, seen: Observations) -> None:
        self._seen = seen
        self._points = self._warp(seen.points, self._log)[0] / self._scales()
        signal, local, noise, early = np.exp(self._log[-4:])
        matern, _ = _matern(self._points, self._points)
        noises = np.diag(noise + JITTER + early * seen.early**2)
        covariance = signal * matern + local * self._near(seen.points, seen.points) + noises
        self._root = cholesky(covariance, lower=True)
        self._weights = cho_solve((self._root, True), seen.values)

    def _near(self, a: Array, b: Array) -> Array:
        """The correlation of the local effects of configurations."""
        squared = cdist(a[:, self._settings], b[:, self._settings], "sqeuclidean")
        return np.asarray(np.exp(-0.5 * squared / LOCAL**2))

    def _warp(self, points: Array, log: Array) -> tuple[Array, Array, Array]:
        """The points warped by 1 - (1 - x^a)^b, and their derivatives by log a and log b."""
        a, b = np.exp(log[self._names.a]), np.exp(log[self._names.b])
        x = np.clip(points[:, self._warped], EDGE, 1 - EDGE)
        power = x**a
        rest = 1 - power
        warped = points.copy()
        warped[:, self._warped] = 1 - rest**b
        by_a = b * rest ** (b - 1) * power * np.log(x) * a
        by_b = -(rest**b) * np.log(rest) * b
        return warped, by_a, by_b

    def _scales(self) -> Array:
        return np.asarray(np.exp(self._log[self._groups]))

    def _fit(self, seen: Observations) -> Array:
        names = self._names
        n = len(seen.values)
        near = self._near(seen.points, seen.points)
        faded = seen.early**2

        def cost(log: Array) -> tuple[float, Array]:
            """The negative log posterior and its gradient."""
            signal, local, noise, early = np.exp(log[-4:])
            scales = np.exp(log[self._groups])
            warped, by_a, by_b = self._warp(seen.points, log)
            points = warped / scales
            matern, slope = _matern(points, points)
            noises = np.diag(noise + JITTER + early * faded)
            covariance = signal * matern + local * near + noises
            try:
                root = cholesky(covariance, lower=True)
            except LinAlgError:
                return 1e10, np.zeros_like(log)
            weights = cho_solve((root, True), seen.values)
            outer = cho_solve((root, True), np.eye(n)) - np.outer(weights, weights)
            # Sums over pairs (i, j) of weight * (x_i - x_j), times x_i - x_j and times the slope.
            weight = slope * signal * outer
            pull = weight.sum(axis=1)[:, None] * points - weight @ points
            by_axis = 2 * (pull * points).sum(axis=0)
            by_warped = (-2 * pull / scales)[:, self._warped]
            gradient = 0.5 * np.array(
                [
                    *np.bincount(self._groups, by_axis, minlength=names.scales.stop),
                    *(by_warped * by_a).sum(axis=0),
                    *(by_warped * by_b).sum(axis=0),
                    (outer * matern).sum() * signal,
                    (outer * near).sum() * local,
                    np.trace(outer) * noise,
                    np.diag(outer) @ faded * early,
                ]
            )
            off = (log - names.mean) / names.spread
            value = 0.5 * seen.values @ weights + np.log(np.diag(root)).sum() + 0.5 * off @ off
            return float(value), gradient + off / names.spread

        options = {"maxiter": MAX_ITERATIONS}
        found = minimize(
            cost, names.mean, jac=True, method="L-BFGS-B", bounds=names.bounds, options=options
        )
        return np.asarray(found.x)


def _matern(a: Array, b: Array) -> tuple[Array, Array]:
    """The correlation of points in units of their length scales, and its slope.

    The slope is the derivative by half a squared distance, negated.
    """
    distance = SQRT5 * np.sqrt(cdist(a, b, "sqeuclidean") + 1e-12)
    decay = np.exp(-distance)
    slope = 5 / 3 * (1 + distance) * decay
    return (1 + distance + distance**2 / 3) * decay, slope


def _most_telling(seen: Observations) -> Observations:
    """At most `MAX_FITTED` observations: half are the best, half a regular sample of the rest."""
    n = len(seen.values)
    if n <= MAX_FITTED:
        return seen
    order = np.argsort(-seen.values, kind="stable")
    half = MAX_FITTED // 2
    rest = order[half:][np.linspace(0, n - half - 1, MAX_FITTED - half).astype(int)]
    chosen = np.sort(np.concatenate([order[:half], rest]))
    return Observations(seen.points[chosen], seen.values[chosen], seen.early[chosen])
