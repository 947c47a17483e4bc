"""Bootstrap of a confusion matrix: how the result varies with the test images."""

from __future__ import annotations

import numpy as np

from analysis.read.predictions import Array

RESAMPLES = 1000
"""Number of bootstrap resamples."""


def lowest_f1_shares(confusion: Array, *, seed: int = 0) -> Array:
    """Return for each class, [K], the fraction of resamples in which its F1 is the lowest.

    Tied classes split a resample equally. A class without images is never the lowest.

    Args:
        confusion: [K, K] counts; rows are true classes.

    Source: Efron 1979, doi:10.1214/aos/1176344552; the confusion matrix of images drawn with
    replacement is multinomial.
    """
    counts = np.asarray(confusion)
    rows, columns = np.nonzero(counts)
    nonzero = counts[rows, columns]
    draws = np.random.default_rng(seed).multinomial(
        nonzero.sum(), nonzero / nonzero.sum(), size=RESAMPLES
    )
    classes = np.eye(len(counts))
    # [R, K] images of a class plus predictions of it: the denominator of F1.
    totals = draws @ (classes[rows] + classes[columns])
    hits = 2 * draws @ (classes[rows] * classes[columns])
    f1 = np.divide(hits, totals, out=np.full_like(hits, np.inf), where=totals > 0)
    f1[:, counts.sum(axis=1) == 0] = np.inf
    lowest = f1 == f1.min(axis=1, keepdims=True)
    return np.asarray((lowest / lowest.sum(axis=1, keepdims=True)).mean(axis=0))
