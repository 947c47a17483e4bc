"""The hardest class: its evidence and its text, from confusion matrices made up for the test."""

import re

import numpy as np
import pytest

from analysis.measure.hardest_class import gallery, study_class
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation
from analysis.text.hardest_class import paragraphs

CLASSES = ("boot", "coat", "hat", "glove")


def evaluation(confusion, *, confidence=0.7, features=True):
    """An evaluation with exactly this confusion matrix; each class at its own place in space."""
    targets, predicted = [], []
    for true, row in enumerate(confusion):
        for guess, count in enumerate(row):
            targets += [true] * count
            predicted += [guess] * count
    n, k = len(targets), len(confusion)
    probabilities = np.full((n, k), (1 - confidence) / (k - 1))
    probabilities[np.arange(n), predicted] = confidence
    noise = np.random.default_rng(0).normal(0, 0.1, (n, 3))
    # Where an image lies is decided by what it was taken for, as in a trained network.
    places = np.eye(k, 3)[predicted] + noise
    return Evaluation(CLASSES[:k], np.array(targets), probabilities, places if features else None)


def facts(confusion, **options):
    found = evaluation(confusion, **options)
    images = found.targets[:, None, None, None] * np.ones((1, 1, 4, 4)) * 20
    images = images + np.arange(16).reshape(1, 1, 4, 4)
    return study_class(found, measure(found), images=images, neighbours=3)


MISSED = [[50, 0, 0, 0], [14, 30, 4, 2], [0, 1, 49, 0], [0, 0, 0, 50]]
CLAIMED = [[50, 0, 0, 0], [0, 50, 0, 0], [0, 0, 30, 20], [0, 2, 0, 48]]
SPREAD = [[40, 0, 0, 10], [0, 40, 0, 10], [0, 0, 40, 10], [4, 4, 4, 38]]


def test_the_evidence_is_that_of_the_matrix():
    found = facts(MISSED)
    assert found.metrics.name == "coat"
    assert [(e.name, e.count) for e in found.taken_by] == [("boot", 14), ("hat", 4), ("glove", 2)]
    assert found.taken_by[0].share == pytest.approx(14 / 50)
    assert [(e.name, e.count) for e in found.given_by] == [("hat", 1)]
    assert (found.missed, found.wrongly_taken) == (20, 1)
    assert (found.closest, found.mutual) == (0, 14)
    assert found.accuracy_if_merged == pytest.approx((179 + 14) / 200)
    # Twenty of its fifty images lie among those of the classes that took them.
    assert found.foreign > found.usual_foreign > 0


def test_the_text_names_the_classes_and_counts_of_this_matrix():
    text = " ".join(paragraphs(facts(MISSED)))
    assert "lowest F1 is coat" in text
    assert "missed more often than it is claimed wrongly" in text
    assert "boot (14, 70 %), hat (4, 20 %) and glove (2, 10 %)" in text
    assert "67 % of these mistakes are between coat and boot" in text
    assert "if coat and boot were one class, 14 mistakes fewer" in text


def test_another_matrix_gives_another_text():
    texts = {name: paragraphs(facts(m)) for name, m in (("m", MISSED), ("c", CLAIMED))}
    assert not set(texts["m"]) & set(texts["c"])
    claimed = " ".join(texts["c"])
    assert "lowest F1 is hat" in claimed
    assert not re.search(
        r"\bboot\b", claimed.split("Averaged over")[0]
    )  # no part in this matrix's mistakes


def test_a_class_claimed_too_often_is_told_from_one_that_is_missed():
    found = facts(SPREAD)
    text = " ".join(paragraphs(found))
    assert found.metrics.name == "glove"
    assert "claimed wrongly more often than it is missed" in text
    assert "33 % of these mistakes, but no single class explains the majority" in text


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        pytest.param(0.95, "20 mistakes of 20 (100 %) had a confidence of 0.9", id="sure"),
        pytest.param(0.6, "none of the mistakes was made with a confidence of 0.9", id="unsure"),
    ],
)
def test_confident_mistakes_are_counted(confidence, words):
    assert words in " ".join(paragraphs(facts(MISSED, confidence=confidence)))


def test_without_features_nothing_is_said_about_neighbours():
    assert "nearest" not in " ".join(paragraphs(facts(MISSED, features=False)))


def test_a_perfect_matrix_has_a_text_too():
    text = " ".join(paragraphs(facts([[5, 0], [0, 5]])))
    assert text == "No class has a mistake on the test images, so none is harder than another."


def test_a_class_that_is_lowest_by_chance_is_said_to_be():
    clear = " ".join(paragraphs(facts(MISSED)))
    assert "lowest F1 in 100 % of 1,000 bootstrap draws of the test images as well" in clear
    close = " ".join(paragraphs(facts([[40, 10, 0], [9, 41, 0], [0, 1, 49]])))
    assert "do not settle which class is the hardest" in close
    assert re.search(r"lowest F1 in \d\d %, boot in \d\d %", close) or "coat in" in close


def test_of_two_classes_nothing_is_said_that_could_not_be_otherwise():
    text = " ".join(paragraphs(facts([[40, 10], [2, 48]])))
    for words in ("look most like", "two most probable", "one class", "One pair", "closest are"):
        assert words not in text
    assert "overlooks 10 images" in text


@pytest.mark.parametrize(
    ("confusion", "words"),
    [
        pytest.param([[9, 3], [0, 9]], "missed and never claimed wrongly", id="missed"),
        pytest.param(
            [[29, 3, 0], [0, 29, 0], [0, 2, 29]], "claimed wrongly and never", id="taken"
        ),
    ],
)
def test_mistakes_of_one_side_are_told(confusion, words):
    assert words in " ".join(paragraphs(facts(confusion)))


def test_a_class_that_is_never_found_has_no_right_answers():
    text = " ".join(paragraphs(facts([[0, 20, 0], [0, 20, 0], [0, 0, 20]])))
    assert "right answers" not in text


def test_a_class_of_few_images_has_foreign_neighbours_anyway():
    few = facts([[2, 3, 0], [0, 50, 0], [0, 0, 50]])
    assert few.neighbours_k == 3
    assert "nearest test images" not in " ".join(paragraphs(few))


def test_the_gallery_shows_the_surest_mistakes_and_ordinary_successes():
    found = evaluation([[4, 3], [0, 3]])
    found.probabilities[4:7] = [[0.4, 0.6], [0.1, 0.9], [0.3, 0.7]]  # the three mistakes
    found.probabilities[:4] = [[0.55, 0.45], [0.99, 0.01], [0.8, 0.2], [0.81, 0.19]]
    wrong, right = gallery(found, 0, count=2)
    assert wrong == [5, 6]
    assert set(right) == {2, 3}  # nearest to the median confidence
