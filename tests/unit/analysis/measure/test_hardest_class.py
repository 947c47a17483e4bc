"""The hardest class: its measurements and its text, from synthetic confusion matrices."""

import re

import numpy as np
import pytest

from analysis.figures.samples import means
from analysis.measure.hardest_class import analyse_class, contrast, gallery
from analysis.measure.metrics import measure
from analysis.read.predictions import Evaluation
from analysis.text.hardest_class import paragraphs, similarity

CLASSES = ("boot", "coat", "hat", "glove")


def evaluation(confusion, *, confidence=0.7, features=True):
    """An evaluation with this confusion matrix; features are clustered by predicted class."""
    targets, predicted = [], []
    for true, row in enumerate(confusion):
        for guess, count in enumerate(row):
            targets += [true] * count
            predicted += [guess] * count
    n, k = len(targets), len(confusion)
    probabilities = np.full((n, k), (1 - confidence) / (k - 1))
    probabilities[np.arange(n), predicted] = confidence
    noise = np.random.default_rng(0).normal(0, 0.1, (n, 3))
    # The features depend on the prediction, as in a trained network.
    features_of = np.eye(k, 3)[predicted] + noise
    return Evaluation(
        CLASSES[:k], np.array(targets), probabilities, features_of if features else None
    )


def analysed(confusion, **options):
    predictions = evaluation(confusion, **options)
    images = predictions.targets[:, None, None, None] * np.ones((1, 1, 4, 4)) * 20
    images = images + np.arange(16).reshape(1, 1, 4, 4)
    return analyse_class(predictions, measure(predictions), images=images, neighbours=3)


FALSE_NEGATIVES = [[50, 0, 0, 0], [14, 30, 4, 2], [0, 1, 49, 0], [0, 0, 0, 50]]
FALSE_POSITIVES = [[50, 0, 0, 0], [0, 50, 0, 0], [0, 0, 30, 20], [0, 2, 0, 48]]
SPREAD = [[40, 0, 0, 10], [0, 40, 0, 10], [0, 0, 40, 10], [4, 4, 4, 38]]


def test_the_measurements_follow_the_matrix():
    found = analysed(FALSE_NEGATIVES)
    assert found.metrics.name == "coat"
    assert [(e.name, e.count) for e in found.predicted_as] == [
        ("boot", 14),
        ("hat", 4),
        ("glove", 2),
    ]
    assert found.predicted_as[0].share == pytest.approx(14 / 50)
    assert [(e.name, e.count) for e in found.predicted_from] == [("hat", 1)]
    assert (found.false_negatives, found.false_positives) == (20, 1)
    assert (found.most_confused, found.mutual_mistakes) == (0, 14)
    assert found.accuracy_if_merged == pytest.approx((179 + 14) / 200)
    # Twenty of its fifty images have the features of the classes they are predicted as.
    assert found.foreign_share > found.mean_foreign_share > 0


def test_the_text_names_the_classes_and_counts_of_this_matrix():
    text = " ".join(paragraphs(analysed(FALSE_NEGATIVES)))
    assert "lowest F1 is coat" in text
    assert "it has more false negatives than false positives" in text
    assert "predicted as boot (14, 70 %), hat (4, 20 %) and glove (2, 10 %)" in text
    assert "14 of these 21 mistakes (67 %) are between coat and boot" in text
    assert "If coat and boot were one class, there would be 14 fewer mistakes" in text


def test_another_matrix_gives_another_text():
    texts = {
        name: paragraphs(analysed(m))
        for name, m in (("m", FALSE_NEGATIVES), ("c", FALSE_POSITIVES))
    }
    assert not set(texts["m"]) & set(texts["c"])
    claimed = " ".join(texts["c"])
    assert "lowest F1 is hat" in claimed
    assert not re.search(
        r"\bboot\b", claimed.split("The mean image")[0]
    )  # no part in this matrix's mistakes


def test_false_positives_can_outnumber_false_negatives():
    found = analysed(SPREAD)
    text = " ".join(paragraphs(found))
    assert found.metrics.name == "glove"
    assert "it has more false positives than false negatives" in text
    assert "14 of these 42 mistakes (33 %) are between glove and boot" in text


@pytest.mark.parametrize(
    ("missed", "wrong", "words"),
    [
        pytest.param(10, 27, "it has more false positives than false negatives", id="beyond"),
        pytest.param(10, 17, "neither clearly more false negatives", id="within chance"),
    ],
)
def test_the_direction_is_judged_by_the_counts(missed, wrong, words):
    found = analysed([[1500 - wrong, wrong], [missed, 1000 - missed]])
    assert (found.metrics.name, round(found.metrics.f1, 1)) == ("coat", 1.0)
    assert words in paragraphs(found)[0]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        pytest.param(0.95, "20 of the 20 wrong ones have a confidence of 0.9", id="sure"),
        pytest.param(0.6, "no wrong prediction has a confidence of 0.9", id="unsure"),
    ],
)
def test_confident_mistakes_are_counted(confidence, words):
    assert words in " ".join(paragraphs(analysed(FALSE_NEGATIVES, confidence=confidence)))


def test_without_features_nothing_is_said_about_neighbours():
    assert "nearest" not in " ".join(paragraphs(analysed(FALSE_NEGATIVES, features=False)))


def test_a_perfect_matrix_has_a_text_too():
    text = " ".join(paragraphs(analysed([[5, 0], [0, 5]])))
    assert text == "Every test image is classified correctly, so no class is harder than another."


def test_an_uncertain_lowest_class_is_reported():
    clear = " ".join(paragraphs(analysed(FALSE_NEGATIVES)))
    assert (
        "It also has the lowest F1 in 100 % of 1,000 bootstrap resamples of the test images"
        in clear
    )
    close = " ".join(paragraphs(analysed([[40, 10, 0], [9, 41, 0], [0, 1, 49]])))
    assert "do not settle which class is the hardest" in close
    assert re.search(r"that of (boot|coat) in \d\d % and (boot|coat) in \d\d %", close)


def test_two_classes_have_no_trivial_sentences():
    text = " ".join(paragraphs(analysed([[40, 10], [2, 48]])))
    for words in (
        "most similar",
        "two most probable",
        "one class",
        "these mistakes",
        "most frequent",
    ):
        assert words not in text
    assert "predicts another class for 10 images" in text


@pytest.mark.parametrize(
    ("confusion", "words"),
    [
        pytest.param([[9, 3], [0, 9]], "false negatives but no false positives", id="missed"),
        pytest.param(
            [[29, 3, 0], [0, 29, 0], [0, 2, 29]],
            "false positives but no false negatives",
            id="taken",
        ),
    ],
)
def test_mistakes_in_one_direction(confusion, words):
    assert words in " ".join(paragraphs(analysed(confusion)))


def test_a_class_that_is_never_predicted_has_no_correct_predictions():
    text = " ".join(paragraphs(analysed([[0, 20, 0], [0, 20, 0], [0, 0, 20]])))
    assert "correct ones" not in text


def test_few_mistakes_have_counts_and_no_conclusions():
    text = " ".join(paragraphs(analysed([[48, 2, 0], [1, 49, 0], [0, 0, 50]])))
    assert "predicted as coat (2)" in text
    for words in ("these 3 mistakes", "one class, there would", "most often confused"):
        assert words not in text


def test_similar_outlines_are_a_figure_without_a_conclusion():
    text = similarity(analysed(FALSE_NEGATIVES))
    assert "pixel correlation" in text
    assert "explain the confusion" not in text
    assert "similar outlines" not in text


def test_the_second_choice_is_counted():
    text = " ".join(paragraphs(analysed(FALSE_NEGATIVES)))
    assert re.search(r"For \d+ of its 20 false negatives, coat is the second most probable", text)


def test_a_class_that_is_never_predicted_is_said_to_be():
    text = " ".join(paragraphs(analysed([[0, 20, 0], [0, 20, 0], [0, 1, 19]])))
    assert "it is never predicted, so all 20 images of it are misclassified" in text
    assert "no false positives" not in text


def test_classes_that_share_the_lowest_f1_are_counted():
    tied = analysed([[0, 0, 20], [0, 0, 20], [0, 0, 20]])
    text = " ".join(paragraphs(tied))
    assert "2 classes share the lowest F1. This section is about the first of them, boot" in text
    assert "The class with the lowest F1 is" not in text


def test_neighbours_of_a_small_class_are_not_reported():
    few = analysed([[2, 3, 0], [0, 50, 0], [0, 0, 50]])
    assert few.neighbours_k == 3
    assert "nearest test images" not in similarity(few)


def test_the_gallery_shows_confident_mistakes_and_typical_correct_predictions():
    found = evaluation([[4, 3], [0, 3]])
    found.probabilities[4:7] = [[0.4, 0.6], [0.1, 0.9], [0.3, 0.7]]  # the three mistakes
    found.probabilities[:4] = [[0.55, 0.45], [0.99, 0.01], [0.8, 0.2], [0.81, 0.19]]
    wrong, right = gallery(found, 0, count=2)
    assert wrong == [5, 6]
    assert set(right) == {2, 3}  # nearest to the median confidence


def test_the_contrast_names_the_third_in_which_two_mean_images_differ_most():
    first, second = np.zeros((1, 9, 4)), np.zeros((1, 9, 4))
    second[:, 6:] = 30
    found = contrast(first, second)
    assert (found.mean, found.third, found.third_mean) == (10, 2, 30)
    assert contrast(first[:, :1], second[:, -1:]).third == 0  # of an image of one row


def test_a_class_without_test_images_has_no_mean_image():
    found = analysed([[30, 0, 0, 20], [2, 48, 0, 0], [0, 0, 50, 0], [0, 0, 0, 0]])
    assert found.most_confused == 3
    assert found.contrast is None
    assert "glove" not in similarity(found).partition("The mean image")[2]
    drawn = means(found, np.zeros((4, 1, 4, 4))).panels[0].marks[0]
    assert len(drawn.images) == 2
    assert not any("glove" in text for text in drawn.texts)
