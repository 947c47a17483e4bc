"""A Gaussian process over configurations and epochs, sized for some hundred observations."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

MAX_FITTED = 120
"""Observations from which the hyperparameters are fitted; all of them predict."""
MAX_ITERATIONS = 25
JITTER = 1e-6
SQRT5 = np.sqrt(5.0)

# Log-normal priors, in the unit of a standardised value and of an axis of length 1.
LENGTH_SCALE, LENGTH_SCALE_SPREAD = 0.7, 1.0
SIGNAL, SIGNAL_SPREAD = 1.0, 0.7
TRIAL, TRIAL_SPREAD = 0.05, 1.5
NOISE, NOISE_SPREAD = 1e-3, 1.5
WIDEST = 4.0
"""A hyperparameter stays within so many spreads of its prior."""


@dataclass(frozen=True)
class Observations:
    """Values at points.

    Attributes:
        points: N x D; each axis is about 1 long.
        trials: N numbers; the observations of a trial share a part of their deviation.
        values: N, standardised; more is better.
    """

    points: Array
    trials: Indices
    values: Array


class GaussianProcess:
    """Matern 5/2 with a length scale per group of axes, a constant per trial, and noise.

    The hyperparameters are the most probable ones under log-normal priors: of six observations
    alone, maximum likelihood would believe too much.

    Args:
        seen: the observations.
        groups: for each of the D axes the number of its length scale, from 0.

    Raises:
        scipy.linalg.LinAlgError: the observations contradict every hyperparameter.
    """

    def __init__(self, seen: Observations, groups: Indices) -> None:
        self._groups = groups
        n_scales = int(groups.max()) + 1
        self._mean = np.log([*[LENGTH_SCALE] * n_scales, SIGNAL, TRIAL, NOISE])
        self._spread = np.array(
            [*[LENGTH_SCALE_SPREAD] * n_scales, SIGNAL_SPREAD, TRIAL_SPREAD, NOISE_SPREAD]
        )
        self._log = self._fit(_most_telling(seen))
        self._learn(seen)

    def given(self, seen: Observations) -> GaussianProcess:
        """The process after other observations, with the same hyperparameters."""
        other = copy.copy(self)
        other._learn(seen)
        return other

    def _learn(self, seen: Observations) -> None:
        self._seen = seen
        self._root = cholesky(self._covariance(seen, self._log), lower=True)
        self._weights = cho_solve((self._root, True), seen.values)

    def predict(self, points: Array, trials: Indices) -> tuple[Array, Array]:
        """Return mean and standard deviation at M points.

        Args:
            points: M x D.
            trials: M numbers; a number that was not observed stands for a new trial.
        """
        signal, trial, _ = np.exp(self._log[-3:])
        matern, *_ = self._matern(points, self._seen.points, self._log)
        shared = trials[:, None] == self._seen.trials[None, :]
        covariance = signal * matern + trial * shared
        explained = solve_triangular(self._root, covariance.T, lower=True)
        variance = signal + trial - (explained**2).sum(axis=0)
        return covariance @ self._weights, np.sqrt(np.maximum(variance, 1e-9))

    def _matern(self, a: Array, b: Array, log: Array) -> tuple[Array, Array, Array]:
        """The correlation of points, its slope, and the squared distances in length scales.

        The slope is that by half a squared distance, negated; squared distances are per axis.
        """
        squares = ((a[:, None, :] - b[None, :, :]) / np.exp(log[self._groups])) ** 2
        distance = SQRT5 * np.sqrt(squares.sum(axis=-1) + 1e-12)
        decay = np.exp(-distance)
        slope = 5 / 3 * (1 + distance) * decay
        return (1 + distance + distance**2 / 3) * decay, slope, squares

    def _covariance(self, seen: Observations, log: Array) -> Array:
        signal, trial, noise = np.exp(log[-3:])
        matern, *_ = self._matern(seen.points, seen.points, log)
        shared = seen.trials[:, None] == seen.trials[None, :]
        noises = (noise + JITTER) * np.eye(len(seen.values))
        return np.asarray(signal * matern + trial * shared + noises)

    def _fit(self, seen: Observations) -> Array:
        n = len(seen.values)
        shared = (seen.trials[:, None] == seen.trials[None, :]).astype(float)

        def cost(log: Array) -> tuple[float, Array]:
            """The negative log posterior and its gradient."""
            signal, trial, noise = np.exp(log[-3:])
            matern, slope, squares = self._matern(seen.points, seen.points, log)
            covariance = signal * matern + trial * shared + (noise + JITTER) * np.eye(n)
            try:
                root = cholesky(covariance, lower=True)
            except LinAlgError:
                return 1e10, np.zeros_like(log)
            weights = cho_solve((root, True), seen.values)
            outer = cho_solve((root, True), np.eye(n)) - np.outer(weights, weights)
            by_axis = np.einsum("ij,ijk->k", slope * signal * outer, squares)
            gradient = 0.5 * np.array(
                [
                    *np.bincount(self._groups, by_axis),
                    (outer * matern).sum() * signal,
                    (outer * shared).sum() * trial,
                    np.trace(outer) * noise,
                ]
            )
            off = (log - self._mean) / self._spread
            value = 0.5 * seen.values @ weights + np.log(np.diag(root)).sum() + 0.5 * off @ off
            return float(value), gradient + off / self._spread

        reach = WIDEST * self._spread
        found = minimize(
            cost,
            self._mean,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(self._mean - reach, self._mean + reach, strict=True)),
            options={"maxiter": MAX_ITERATIONS},
        )
        return np.asarray(found.x)


def _most_telling(seen: Observations) -> Observations:
    """At most `MAX_FITTED` observations: the best half of them, and every so many of the rest."""
    n = len(seen.values)
    if n <= MAX_FITTED:
        return seen
    order = np.argsort(-seen.values, kind="stable")
    half = MAX_FITTED // 2
    rest = order[half:][np.linspace(0, n - half - 1, MAX_FITTED - half).astype(int)]
    chosen = np.sort(np.concatenate([order[:half], rest]))
    return Observations(seen.points[chosen], seen.trials[chosen], seen.values[chosen])
