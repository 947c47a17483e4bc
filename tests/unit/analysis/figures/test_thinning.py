"""A line of few points that looks like one of many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures.thinning import COLUMNS, thinned

heights = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=3000)


@given(heights, st.booleans())
def test_every_column_keeps_its_ends_and_its_extremes(heights, falling):
    y = np.array(heights)
    x = np.linspace(0, 1, len(y))
    x = x[::-1] if falling else x
    kept = thinned(x, y, width=1)
    column = np.floor(x * COLUMNS)
    assert len(kept) <= 4 * (COLUMNS + 1)
    for place in np.unique(column):
        of_all = np.flatnonzero(column == place)
        of_kept = kept[column[kept] == place]
        assert (of_kept[0], of_kept[-1]) == (of_all[0], of_all[-1])
        assert (y[of_kept].min(), y[of_kept].max()) == (y[of_all].min(), y[of_all].max())


def test_a_long_vertical_stroke_keeps_its_ends():
    x, y = np.zeros(1000), np.linspace(0, 1, 1000)
    assert thinned(x, y, width=1).tolist() == [0, 999]
