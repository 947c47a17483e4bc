from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from tailor.data import DataSplits, LabelledImages
from tailor.data.description.describe import Description, describe, sentences_of, table_of
from tailor.data.load import pixel_statistics
from tests.datasets import labelled


def described(num_classes: int) -> Description:
    train = labelled(4 * num_classes + 1, num_classes=num_classes, seed=1)
    mean, std = pixel_statistics(train.images)
    val, test = (labelled(2 * num_classes, num_classes=num_classes, seed=seed) for seed in (2, 3))
    test = LabelledImages(test.images, test.targets, test.classes, notes=("2 were skipped",))
    return describe(DataSplits(train=train, val=val, mean=mean, std=std), test)


def printed(description: Description) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(table_of(description, "toy"))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_counts_and_numbers() -> None:
    found = described(4)
    assert found.counts == {"train": (5, 4, 4, 4), "val": (2,) * 4, "test": (2,) * 4}
    assert found.imbalance() == 1.25
    kept = json.loads(json.dumps(found.as_dict()))
    assert kept["shape"] == [1, 5, 6]
    assert kept["notes"] == ["2 were skipped"]
    assert kept["duplicates"]["across"] == {
        "train and val": 0,
        "train and test": 0,
        "val and test": 0,
    }


def test_a_row_for_each_of_a_few_classes() -> None:
    text = printed(described(4))
    assert text.count("class ") == 1 + 4
    assert "17" in text.splitlines()[-2]  # training images of all classes


def test_of_many_classes_the_smallest_and_largest_ten() -> None:
    text = printed(described(100))
    assert text.count("class ") == 1 + 20
    assert "(80 more)" in text
    assert "class 0 " in text.splitlines()[-4]  # the one with five images


@pytest.mark.parametrize(
    "part",
    [
        "5 x 6 pixels, 1 channel",
        "mean 1",
        "4, ratio of the largest to the smallest in training: 1.25",
        "0 of test also in train",
    ],
)
def test_sentences(part: str) -> None:
    assert part in "\n".join(sentences_of(described(4)))
