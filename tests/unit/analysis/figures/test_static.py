"""Figures as pictures: what is drawn stays in its place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.text import Text

from analysis.figures.spec import Figure, Heat, Panel, Pictures
from analysis.figures.static import MIN_FONT_SIZE, draw

IMAGES = [np.zeros((28, 28), np.uint8)] * 8


def captions(text: str) -> list[Text]:
    pictures = Pictures(images=IMAGES, texts=[text] * 8, columns=8)
    figure = draw(Figure(name="f", caption="", panels=[Panel(title="t", marks=[pictures])]))
    figure.draw_without_rendering()
    return [
        found
        for found in figure.findobj(Text)
        if found.get_text() and (found.get_text()[0], found.get_text()[-1]) == (text[0], text[-1])
    ]


@pytest.mark.parametrize(
    "text", ["Coat 1.00", "T-shirt/top 1.00", "Blue winter coat 1.00", "x" * 200 + " 1.00"]
)
def test_captions_of_pictures_do_not_run_into_each_other(text: str) -> None:
    drawn = captions(text)
    assert len(drawn) == 8
    for left, right in itertools.pairwise(one.get_window_extent() for one in drawn):
        assert left.x1 < right.x0


def test_captions_of_pictures_stay_legible() -> None:
    drawn = captions("x" * 200 + " 0.75")
    assert {one.get_fontsize() for one in drawn} == {MIN_FONT_SIZE}
    assert {one.get_text()[-8:] for one in drawn} == {"...x 0.75"[-8:]}


def test_long_names_of_classes_leave_room_for_the_matrix() -> None:
    names = [f"{'very ' * 40}long {index}" for index in range(4)]
    heat = Heat(
        z=np.eye(4).tolist(),
        x_labels=names,
        y_labels=names,
        texts=[["1"] * 4] * 4,
        hover=[[""] * 4] * 4,
    )
    figure = draw(Figure(name="f", caption="", panels=[Panel(title="t", marks=[heat])]))
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert axes.bbox.height > figure.bbox.height / 3
    assert [label.get_text()[-6:] for label in axes.get_yticklabels()] == [
        f"long {index}" for index in range(4)
    ]
