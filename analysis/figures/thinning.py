"""Reduce the points of a line without changing how it looks."""

from __future__ import annotations

import numpy as np

from analysis.read.predictions import Array

NUM_COLUMNS = 200
"""A column of this fraction of a panel is about as wide as a thick line."""


def thinned(x: Array, y: Array, *, width: float) -> Array:
    """Select the points that determine how a line looks.

    In each column of the drawing, the first, last, lowest and highest points are selected: the
    line enters and leaves at the first two and covers the range of the other two.

    Args:
        x, y: [N] coordinates; x is monotonic.
        width: of the panel, in units of x.

    Returns:
        Sorted indices of the selected points.

    Source: M4, Jugel et al. 2014, doi:10.14778/2732951.2732953, section 4.2.
    """
    column = np.floor(x / width * NUM_COLUMNS)
    selected = []
    for members in np.split(np.arange(len(x)), np.flatnonzero(np.diff(column)) + 1):
        inside = y[members]
        selected += [members[0], members[inside.argmin()], members[inside.argmax()], members[-1]]
    return np.unique(selected)
