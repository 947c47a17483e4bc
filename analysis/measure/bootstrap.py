"""What would have come out with other test images: the bootstrap, on a confusion matrix."""

from __future__ import annotations

import numpy as np

from analysis.read.predictions import Array

DRAWS = 1000


def lowest_f1_shares(confusion: Array, *, seed: int = 0) -> Array:
    """Return for each class, [K], in what share of `DRAWS` resamples its F1 is the lowest.

    Classes that tie in a resample share it. A class without an image is never the lowest.

    Args:
        confusion: [K, K] counts, a row a true class.

    Source: Efron 1979, doi:10.1214/aos/1176344552; the matrix of images drawn with replacement is
    multinomial.
    """
    counts = np.asarray(confusion)
    rows, columns = np.nonzero(counts)
    filled = counts[rows, columns]
    draws = np.random.default_rng(seed).multinomial(
        filled.sum(), filled / filled.sum(), size=DRAWS
    )
    classes = np.eye(len(counts))
    claims = draws @ (
        classes[rows] + classes[columns]
    )  # images of a class, and those taken for it
    hits = 2 * draws @ (classes[rows] * classes[columns])
    f1 = np.divide(hits, claims, out=np.full_like(hits, np.inf), where=claims > 0)
    f1[:, counts.sum(axis=1) == 0] = np.inf
    lowest = f1 == f1.min(axis=1, keepdims=True)
    return np.asarray((lowest / lowest.sum(axis=1, keepdims=True)).mean(axis=0))
