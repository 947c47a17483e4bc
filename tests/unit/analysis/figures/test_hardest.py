"""Bars and pictures of the hardest class."""

import matplotlib as mpl
import numpy as np
import pytest

from analysis.figures import hardest, static
from analysis.measure.hardest_class import analyse_class
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation

SHORT = ("T-shirt/top", "Trouser", "Shirt", "Coat", "Pullover")
LONG = tuple(f"{name} of a name that is long, and goes on" for name in SHORT)


def hardest_class(classes, scale):
    """Measurements of a split whose third class is the hardest."""
    confusion = np.eye(5, dtype=int) * 900
    confusion[2] = confusion[:, 2] = (106, 61, 400, 50, 22)
    targets, predicted = (
        np.repeat(axis.ravel(), confusion.ravel() * scale) for axis in np.indices((5, 5))
    )
    evaluation = Evaluation(classes, targets, np.eye(5)[predicted])
    images = np.random.default_rng(0).random((5, 1, 2, 2))[targets]
    return analyse_class(evaluation, measure(evaluation), images=images, neighbours=3)


@pytest.mark.parametrize("classes", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("scale", [1, 10], ids=["hundreds", "thousands"])
def test_numbers_of_one_panel_do_not_touch_the_labels_of_the_next(classes, scale):
    with mpl.rc_context(static.STYLE):
        canvas = static.draw(hardest.confusions(hardest_class(classes, scale)))
        canvas.draw_without_rendering()
    left, right = canvas.axes
    ends = [text.get_window_extent().x1 for text in (*left.texts, left._left_title)]
    starts = [label.get_window_extent().x0 for label in right.get_yticklabels()]
    assert (min(starts) - max(ends)) / canvas.dpi > 0.1  # inches
    assert right._left_title.get_window_extent().x1 < canvas.bbox.x1
    assert right.get_position().width > 0.1


@pytest.mark.parametrize(
    ("channels", "shape"), [(1, (2, 2)), (2, (2, 2)), (3, (2, 2, 3)), (4, (2, 2, 3))]
)
def test_a_picture_is_grey_or_has_three_colours(channels, shape):
    image = np.arange(4 * channels, dtype=np.uint8).reshape(channels, 2, 2)
    shown = hardest.picture(image)
    assert (shown.shape, shown.dtype) == (shape, np.uint8)
    if channels == 2:
        assert shown.tolist() == [[2, 3], [4, 5]]
