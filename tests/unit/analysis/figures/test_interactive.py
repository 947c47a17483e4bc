"""Names in plotly's figures are shown as they are; panels can be drawn one by one."""

import numpy as np

from analysis.figures import interactive
from analysis.figures.hardest import confusions
from analysis.figures.testing import confusion, f1
from analysis.measure.hardest_class import analyse_class
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation

CLASSES = ("<b>bold</b>", "a & b", "plain")


def evaluation():
    targets = np.repeat(np.arange(3), 10)
    predicted = targets.copy()
    predicted[:6] = 1
    return Evaluation(CLASSES, targets, np.eye(3)[predicted], np.eye(3)[predicted])


def test_names_in_labels_and_hover_texts_are_escaped():
    made = evaluation()
    metrics = measure(made)
    [heat] = interactive.draw(confusion(made, metrics)).data
    assert heat.x[0] == "&lt;b&gt;bold&lt;/b&gt;"
    assert heat.hovertext[0][1].startswith(
        "true &lt;b&gt;bold&lt;/b&gt;<br>predicted a &amp; b<br>6 images"
    )
    [bars] = interactive.draw(f1(metrics)).data
    assert "&lt;b&gt;bold&lt;/b&gt;" in bars.y


def test_each_panel_is_a_drawing_of_its_own():
    made = evaluation()
    images = np.arange(30.0).reshape(30, 1, 1, 1)
    hardest = analyse_class(made, measure(made), images=images, neighbours=3)
    figure = confusions(hardest)
    drawn = interactive.draw_panels(figure)
    assert len(drawn) == len(figure.panels)
    titles = [panel.layout.annotations[0].text for panel in drawn]
    assert all("&lt;b&gt;" in title or "&amp;" in title for title in titles)
