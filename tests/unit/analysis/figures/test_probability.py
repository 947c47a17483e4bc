"""Figures of probabilities, from synthetic predictions."""

import numpy as np
from sklearn.metrics import precision_recall_curve

from analysis.figures.probability import ranking
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation


def predictions(num_classes, *, size, present=None):
    """Noisy probabilities; later classes are easier. `present` are the classes with images."""
    draws = np.random.default_rng(0)
    targets = np.resize(np.arange(num_classes) if present is None else present, size)
    scores = draws.normal(size=(size, num_classes))
    scores[np.arange(size), targets] += 2 + targets / num_classes
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(1, keepdims=True)
    names = tuple(f"class_{index}" for index in range(num_classes))
    return Evaluation(names, targets, probabilities)


def test_precision_of_a_rare_class_is_drawn_over_all_its_recall():
    evaluation = predictions(100, size=5000)
    metrics = measure(evaluation)
    lines = ranking(evaluation, metrics).panels[1].marks
    lowest = next(line for line in lines if line.name.startswith(f"class_{metrics.lowest} "))
    precision, recall, _ = precision_recall_curve(
        evaluation.targets == metrics.lowest, evaluation.probabilities[:, metrics.lowest]
    )
    assert set(lowest.x) == set(recall)  # 50 images: fewer steps than columns of the panel
    assert len(lowest.x) <= 2 * 50 + 1
    for step in set(recall):
        drawn = [y for x, y in zip(lowest.x, lowest.y, strict=True) if x == step]
        assert max(drawn) == precision[recall == step].max()


def styles(figure):
    """Class -> dash of each curve that has a name in the legend."""
    lines = [line for line in figure.panels[0].marks if line.name]
    return {line.name.partition(" ")[0]: line.dash for line in lines}


def test_the_caption_names_classes_without_images():
    evaluation = predictions(5, size=500, present=(1, 2, 3))
    metrics = measure(evaluation)
    figure = ranking(evaluation, metrics)
    lowest, highest = metrics.lowest, metrics.highest
    assert f"class_{lowest} (lowest F1) is solid and thick" in figure.caption
    assert "Without test images, class_0 and class_4 cannot be drawn" in figure.caption
    assert styles(figure) == {f"class_{lowest}": "solid", f"class_{highest}": "dash"}


def test_two_classes_of_equal_f1_have_different_dashes():
    targets = np.array([0, 0, 1, 1])
    evaluation = Evaluation(("left", "right"), targets, np.eye(2)[targets])
    figure = ranking(evaluation, measure(evaluation))
    assert styles(figure) == {"left": "dash", "right": "solid"}
    assert "others" not in figure.caption


def test_a_single_class_has_no_curves():
    evaluation = predictions(3, size=20, present=(1,))
    figure = ranking(evaluation, measure(evaluation))
    assert not figure.panels[0].marks
    assert "one class only" in figure.caption
