"""A thinned line looks like the original."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures.thinning import NUM_COLUMNS, thinned

heights = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=3000)


@given(heights, st.booleans())
def test_every_column_keeps_its_ends_and_its_extremes(heights, falling):
    y = np.array(heights)
    x = np.linspace(0, 1, len(y))
    x = x[::-1] if falling else x
    selected = thinned(x, y, width=1)
    column = np.floor(x * NUM_COLUMNS)
    assert len(selected) <= 4 * (NUM_COLUMNS + 1)
    for index in np.unique(column):
        in_column = np.flatnonzero(column == index)
        in_selection = selected[column[selected] == index]
        assert (in_selection[0], in_selection[-1]) == (in_column[0], in_column[-1])
        assert (y[in_selection].min(), y[in_selection].max()) == (
            y[in_column].min(),
            y[in_column].max(),
        )


def test_a_long_vertical_stroke_keeps_its_ends():
    x, y = np.zeros(1000), np.linspace(0, 1, 1000)
    assert thinned(x, y, width=1).tolist() == [0, 999]
