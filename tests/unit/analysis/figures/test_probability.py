"""What the pictures of probabilities show, on answers made up for the test."""

import numpy as np
from sklearn.metrics import precision_recall_curve

from analysis.evaluate import Evaluation
from analysis.figures.probability import ranking
from analysis.metrics import measure


def answers(num_classes, *, size, present=None):
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
    evaluation = answers(100, size=5000)
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
