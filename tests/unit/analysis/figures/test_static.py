"""Figures as pictures: what is drawn stays in its place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.text import Text

from analysis.figures.spec import Figure, Panel, Pictures
from analysis.figures.static import MIN_FONT_SIZE, draw

IMAGES = [np.zeros((28, 28), np.uint8)] * 8


def captions(text: str) -> list[Text]:
    pictures = Pictures(images=IMAGES, texts=[text] * 8, columns=8)
    figure = draw(Figure(name="f", caption="", panels=[Panel(title="t", marks=[pictures])]))
    figure.draw_without_rendering()
    return [found for found in figure.findobj(Text) if found.get_text() == text]


@pytest.mark.parametrize("text", ["Coat 1.00", "T-shirt/top 1.00", "Blue winter coat 1.00"])
def test_captions_of_pictures_do_not_run_into_each_other(text: str) -> None:
    drawn = captions(text)
    assert len(drawn) == 8
    for left, right in itertools.pairwise(one.get_window_extent() for one in drawn):
        assert left.x1 < right.x0


def test_captions_of_pictures_stay_legible() -> None:
    assert {one.get_fontsize() for one in captions("x" * 40)} == {MIN_FONT_SIZE}
