"""With a hundred classes and more, figures and tables stay readable."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from analysis.figures import static, testing
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation
from analysis.report.class_tables import print_per_class


def evaluation_and_metrics(count):
    """The error rate of a class is its index divided by the number of classes."""
    targets = np.repeat(np.arange(count), 10)
    wrong = np.arange(10 * count) % 10 < targets * 10 // count
    predicted = np.where(wrong, (targets + 1) % count, targets)
    names = tuple(f"class_number_{index}" for index in range(count))
    evaluation = Evaluation(names, targets, np.eye(count)[predicted])
    return evaluation, measure(evaluation)


@pytest.mark.parametrize("count", [21, 100, 400])
def test_the_matrix_keeps_its_size_and_its_labels_do_not_touch(count):
    figure = testing.confusion(*evaluation_and_metrics(count))
    canvas = static.draw(figure)
    canvas.draw_without_rendering()
    assert figure.width < 10
    [ax] = canvas.axes
    heights = [label.get_window_extent().y1 for label in ax.get_yticklabels()]
    distances = np.abs(np.diff(heights)) * 72 / canvas.dpi  # in points
    size = ax.get_yticklabels()[0].get_fontsize()
    assert size >= static.MIN_FONT_SIZE
    assert distances.min() >= size


def test_bars_and_table_show_the_extremes():
    _, metrics = evaluation_and_metrics(100)
    [bars] = testing.f1(metrics).panels[0].marks
    assert len(bars.labels) == 20
    assert bars.labels[-1] == metrics.per_class[metrics.lowest].name
    ties = {metrics.per_class[index].name for index in metrics.lowest_classes}
    assert {bars.labels[position] for position in bars.marked} == ties & set(bars.labels)
    console = Console(file=StringIO(), width=120)
    print_per_class(metrics, console)
    printed = console.file.getvalue()
    assert "lowest 10 and the highest 10 of 100" in printed
    assert printed.count("class_number_") == 20
    assert printed.count("lowest F1") == len(ties & set(bars.labels))


@pytest.mark.parametrize("count", [15, 100])
def test_a_class_without_test_images_has_no_row(count):
    evaluation, _ = evaluation_and_metrics(count)
    others = evaluation.targets != 3
    evaluation = Evaluation(
        evaluation.classes, evaluation.targets[others], evaluation.probabilities[others]
    )
    console = Console(file=StringIO(), width=120)
    print_per_class(measure(evaluation), console)
    printed = console.file.getvalue()
    assert "(no test images: class_number_3)" in printed
    assert printed.count("class_number_3 ") == 0
    assert printed.count("class_number_") == 1 + min(20, count - 1)
