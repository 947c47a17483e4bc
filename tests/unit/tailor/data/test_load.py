from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from hydra_tailor.bounds import problems_of
from tailor.config import DataConfig
from tailor.data import LabelledImages, load, load_test
from tailor.data.load import pixel_statistics
from tailor.errors import DataError, TailorError
from tests.datasets import labelled

Answer = Callable[[str], object]
_fresh = itertools.count()
_answers: dict[int, Answer] = {}
asked: list[str] = []


def source(*, split: str, number: int) -> object:
    """The source of these tests; `number` finds what it answers, and keeps configs apart."""
    asked.append(split)
    return _answers[number](split)


@pytest.fixture(autouse=True)
def trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILOR_TRUST", __name__)
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("sys").modules[__name__])
    asked.clear()


def config(answer: Answer, **changes: object) -> DataConfig:
    number = next(_fresh)
    _answers[number] = answer
    settings = {"name": "toy", "val_fraction": 0.25, "split_seed": 1, **changes}
    return DataConfig(source={"_target_": f"{__name__}.source", "number": number}, **settings)


def toy(split: str) -> LabelledImages:
    return labelled(200 if split == "train" else 40, seed=len(split))


def test_splits_are_disjoint_and_stratified() -> None:
    splits = load(config(toy))
    assert (len(splits.train), len(splits.val)) == (150, 50)
    for part, share in ((splits.train, 150), (splits.val, 50)):
        counts = torch.bincount(part.targets)
        assert counts.max() - counts.min() <= 1, share
    flat = [
        image.numpy().tobytes() for part in (splits.train, splits.val) for image in part.images
    ]
    assert len(set(flat)) == 200  # random images: equal bytes would be one image on both sides


def test_the_test_split_is_read_by_load_test_alone() -> None:
    both = config(toy)
    load(both)
    assert asked == ["train"]
    load_test(both)
    assert asked == ["train", "test"]


def test_a_process_reads_the_training_images_once() -> None:
    same = config(toy)
    assert load(same) is load(same)
    assert asked == ["train"]


def test_statistics_are_the_training_parts_own() -> None:
    splits = load(config(toy))
    pixels = splits.train.images.double()
    assert torch.allclose(splits.mean.double(), pixels.mean((0, 2, 3)))
    assert torch.allclose(splits.std.double(), pixels.std((0, 2, 3), correction=0))
    assert not torch.allclose(splits.mean.double(), splits.val.images.double().mean((0, 2, 3)))


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("val_fraction", [0.1, 0.9])
def test_each_class_has_images_to_learn_from_and_to_rank_by(
    val_fraction: float, stratify: bool
) -> None:
    """So no ratio of two classes that a description writes is infinite."""

    def rare(split: str) -> LabelledImages:
        images = toy(split)
        return images.take(torch.cat([(images.targets > 0).nonzero().flatten(), torch.arange(1)]))

    with pytest.raises(DataError, match=r"val_fraction.* class"):
        load(config(rare, val_fraction=val_fraction, stratify=stratify))


def test_statistics_of_each_channel() -> None:
    images = torch.stack([torch.full((5000, 2, 2), 7), torch.arange(20_000).view(-1, 2, 2) % 3], 1)
    mean, std = pixel_statistics(images.to(torch.uint8))
    assert mean.tolist() == pytest.approx([7, images[:, 1].double().mean().item()])
    assert std.tolist() == pytest.approx([1, images[:, 1].double().std(correction=0).item()])


def test_a_subset_is_split_like_a_dataset_of_its_size() -> None:
    splits = load(config(toy, subset=80))
    assert (len(splits.train), len(splits.val)) == (60, 20)


def test_a_subset_that_is_too_small_to_split_is_answered_with_a_larger_one() -> None:
    subset = len(load(config(toy)).train.classes) + 1
    with pytest.raises(DataError, match=rf"data\.subset={subset}: type data\.subset=\d+") as error:
        load(config(toy, subset=subset))
    assert load(config(toy, subset=int(str(error.value).rpartition("=")[2])))


def test_a_larger_subset_that_is_too_small_as_well_is_not_advised() -> None:
    def rare(split: str) -> LabelledImages:
        images = toy(split)
        numbers = torch.arange(len(images))
        return replace(images, targets=torch.where(numbers < 24, numbers // 8 + 1, 0))

    with pytest.raises(DataError, match=r"without an image.*: type data\.subset=\d+") as error:
        load(config(rare, subset=5))
    enough = int(str(error.value).rpartition("=")[2])
    assert load(config(rare, subset=enough))
    with pytest.raises(DataError):
        load(config(rare, subset=enough // 2))


def test_a_dataset_that_is_too_small_gets_no_advice_on_subsets() -> None:
    def tiny(split: str) -> LabelledImages:
        return toy(split).take(torch.tensor([0, 1, 2, 3]))

    with pytest.raises(DataError) as error:
        load(config(tiny, subset=3))
    assert "type data.subset" not in str(error.value)


@pytest.mark.parametrize("subset", [3, 201])
def test_a_subset_that_cannot_be_drawn(subset: int) -> None:
    with pytest.raises(DataError, match=rf"data\.subset.*{subset}"):
        load(config(toy, subset=subset))


def with_targets(values: list[int], classes: int) -> Answer:
    names = tuple(f"class {index}" for index in range(classes))
    images = labelled(len(values), num_classes=1).images
    return lambda split: LabelledImages(images, torch.tensor(values), names)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (with_targets([0] * 9, 1), "two or more classes, got only class 0"),
        (with_targets([0, 1], 3), "got 2 images for 3 classes"),
        (with_targets([0, 2] * 9, 3), "none for 1 of 3 classes: 'class 1'"),
        (lambda split: "text", "returns tailor.data.LabelledImages, got .* returned a str"),
    ],
    ids=["one class", "fewer images than classes", "an empty class", "another type"],
)
def test_images_that_nothing_can_be_trained_on(answer: Answer, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(config(answer))


@pytest.mark.parametrize("level", [0, 255])
def test_images_that_are_all_the_same(level: int) -> None:
    def same(split: str) -> LabelledImages:
        images = toy(split)
        return replace(images, images=torch.full_like(images.images, level))

    with pytest.raises(DataError, match=rf"all 200 training images are the same .*from {level}"):
        load(config(same))


def test_many_images_of_one_colour_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def mostly_black(split: str) -> LabelledImages:
        images = toy(split)
        images.images[:150] = 0
        return images

    with caplog.at_level(logging.WARNING):
        load(config(mostly_black))
    assert "have one colour only" in caplog.messages[0]


def test_details_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        load(config(lambda split: replace(toy(split), details=("column 3 is the label",))))
    assert caplog.messages == ["column 3 is the label"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError("no such pictures"), "the train split: no such pictures"),
        (MemoryError(), "the train split: MemoryError"),
        (ValueError("a slip"), "data.source.*a slip"),
        (DataError("row 3 is short"), "^row 3 is short$"),
    ],
)
def test_a_source_that_fails_is_named(error: Exception, message: str) -> None:
    def fail(split: str) -> LabelledImages:
        raise error

    with pytest.raises(TailorError, match=message):
        load(config(fail))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda test: replace(test, images=test.images[..., :4]), r"\[1, 5, 6\].*got \[1, 5, 4\]"),
        (lambda test: replace(test, classes=("a", "b", "c", "d")), "classes .class 0; .*got a; b"),
    ],
    ids=["shape", "classes"],
)
def test_a_test_split_unlike_the_training_split(
    change: Callable[[LabelledImages], LabelledImages], message: str
) -> None:
    unlike = config(lambda split: change(toy(split)) if split == "test" else toy(split))
    load(unlike)
    with pytest.raises(DataError, match=message):
        load_test(unlike)


def test_notes_and_imbalance_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def noted(split: str) -> LabelledImages:
        images = labelled(100)
        targets = (torch.arange(100) >= 90).long()
        return LabelledImages(images.images, targets, ("many", "few"), notes=("2 were skipped",))

    with caplog.at_level(logging.WARNING):
        load(config(noted))
    assert caplog.messages[0] == "2 were skipped"
    assert "'many' has 68 training images, 'few' has 7" in caplog.messages[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"val_fraction": 1.0}, "data.val_fraction"),
        ({"split_seed": -1}, "data.split_seed"),
        ({"split_seed": 2**32}, "data.split_seed"),
        ({"subset": 0}, "data.subset"),
        ({"on_error": "ignore"}, "one of raise, skip, got 'ignore'"),
    ],
)
def test_impossible_values_are_named(change: dict, message: str) -> None:
    (problem,) = problems_of(config(toy, **change), "data")
    assert message in problem
