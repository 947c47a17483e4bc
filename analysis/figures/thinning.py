"""Fewer points that draw the same line."""

from __future__ import annotations

import numpy as np

from analysis.read.predictions import Array

COLUMNS = 200  # of a panel's width; each is about as wide as a thick line


def thinned(x: Array, y: Array, *, width: float) -> Array:
    """Choose the points that decide how a line looks.

    Within a column of the drawing a line covers what lies between its lowest and its highest
    point, and it enters and leaves by its first and its last one: those four are kept.

    Args:
        x, y: [N] places of the points; x never turns back.
        width: of the panel, in units of x.

    Returns:
        Sorted indices of the points to keep.

    Source: M4, Jugel et al. 2014, doi:10.14778/2732951.2732953, section 4.2.
    """
    column = np.floor(x / width * COLUMNS)
    kept = []
    for members in np.split(np.arange(len(x)), np.flatnonzero(np.diff(column)) + 1):
        inside = y[members]
        kept += [members[0], members[inside.argmin()], members[inside.argmax()], members[-1]]
    return np.unique(kept)
