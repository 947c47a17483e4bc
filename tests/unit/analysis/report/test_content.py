"""The report of made-up studies: every figure and table is referred to near its place."""

import re
from dataclasses import replace

import numpy as np
import pytest

from analysis.figures.all import describe_figures
from analysis.read.predictions import Evaluation
from analysis.report import content
from analysis.report.document import Picture, Table, Text
from analysis.report.numbers import INTRODUCTIONS
from tests.unit.analysis.made_up import SHAPE, config, findings_of, predictions, study_of, trial_of

COVER = content.Cover(date="1 January 2026")


def report(trials, *, classes=4, **changes):
    random = np.random.default_rng(trials)
    correct = {number: random.random(60) < 0.9 for number in range(trials)}
    epochs = random.choice([2, 4, 8], size=trials)
    view = study_of(
        *(
            trial_of(number, right, lr=0.01 * (number + 1), epochs=int(epochs[number]))
            for number, right in correct.items()
        )
    )
    evaluation = predictions(random, classes=classes)
    findings = replace(findings_of(view, correct, evaluation), **changes)
    pixels = random.integers(0, 255, (len(evaluation.targets), *SHAPE), dtype=np.uint8)
    figures = describe_figures(findings, evaluation, pixels, points=50, seed=0)
    return content.write(findings, figures, top=5, cover=COVER), figures


@pytest.mark.parametrize("trials", [1, 2, 12, 45])
@pytest.mark.parametrize("classes", [2, 4, 30])
def test_every_figure_and_table_is_referred_to_by_number_before_its_place(trials, classes):
    document, figures = report(trials, classes=classes)
    numbers = {Picture: [], Table: []}
    for section in document.sections:
        text = ""
        for block in section.blocks:
            if isinstance(block, Text):
                text += block.text
            elif isinstance(block, (Picture, Table)):
                noun = "Figure" if isinstance(block, Picture) else "Table"
                assert re.search(rf"\b{noun} {block.number} ", text), (section.title, block.name)
                numbers[type(block)].append(block.number)
    assert numbers[Picture] == list(range(1, len(figures) + 1))
    assert numbers[Table] == list(range(1, document.num_tables + 1))


def test_every_introduction_has_a_place_for_its_number():
    assert all(sentence.count("{}") == 1 for sentence in INTRODUCTIONS.values())


def test_the_headline_says_how_many_classes_share_the_lowest_f1():
    document, _ = report(3, classes=30)
    assert "weakest class is" in document.answer or "is shared by" in document.answer
    random = np.random.default_rng(0)
    right = np.ones(60, dtype=bool)
    evaluation = predictions(random, classes=30, size=300)
    evaluation.probabilities[:] = 0
    evaluation.probabilities[:, 0] = 1  # only one class is ever predicted
    findings = findings_of(study_of(trial_of(0, right)), {0: right}, evaluation)
    assert "The lowest F1, 0.000, is shared by 29 of 30 classes." in content.answer(findings)


@pytest.mark.parametrize(("mistakes", "named"), [(4, False), (5, True)])
def test_the_headline_names_a_confusion_only_with_enough_mistakes(mistakes, named):
    right = np.ones(60, dtype=bool)
    targets = np.repeat(np.arange(3), 50)
    predicted = targets.copy()
    predicted[:mistakes] = 1
    evaluation = Evaluation(
        ("hat", "coat", "bag"), targets, np.eye(3)[predicted], np.eye(3)[predicted]
    )
    findings = findings_of(study_of(trial_of(0, right)), {0: right}, evaluation)
    assert ("most often confused with" in content.answer(findings)) is named


def test_the_data_section_has_the_sizes_and_the_normalisation():
    document, figures = report(2)
    section = document.sections[0]
    text = " ".join(block.text for block in section.blocks if isinstance(block, Text))
    assert section.title == "Data"
    assert "1,000 images train the network. 60 images rank epochs and trials" in text
    assert "by the mean 72.00 and the standard deviation 90.00" in text
    assert "Training images are not augmented." in text
    [marks] = figures["samples"].panels[0].marks
    assert len(marks.images) == 8  # two of each of the four classes
    assert marks.texts[4:] == [f"class{index}" for index in range(4)]


def test_the_augmentation_is_named_with_its_settings():
    erase = {"_target_": "tailor.augment.Erase", "p": 0.5, "scale": [0.02, 0.2]}
    changed = replace(config(), augment={"erase": erase, "flip": None})
    document, _ = report(2, config=changed)
    text = " ".join(b.text for b in document.sections[0].blocks if isinstance(b, Text))
    assert "changed at random in every epoch: erase (p 0.5, scale 0.02 to 0.2)." in text
