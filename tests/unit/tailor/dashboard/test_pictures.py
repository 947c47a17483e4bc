import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from hydra_tailor.pictures.plots import MAX_BYTES, label, reports
from tailor import names
from tailor.confusion import Confusion
from tailor.dashboard import pictures


def size_of(picture: bytes) -> tuple[int, int]:
    image = Image.open(io.BytesIO(picture))
    image.load()
    assert image.format == "PNG"
    return image.size


def confusion_of(count: int) -> Confusion:
    draw = np.random.default_rng(0)
    counts = draw.poisson(0.5, (count, count)) + np.diag(draw.integers(20, 90, count))
    return Confusion(
        tuple(f"class {index}" for index in range(count)), tuple(map(tuple, counts.tolist()))
    )


@pytest.mark.parametrize("count", [2, 10, 100])
def test_a_matrix_is_a_small_square_picture(count: int) -> None:
    picture = pictures.confusion(confusion_of(count))
    width, height = size_of(picture)
    assert width == height
    assert len(picture) <= MAX_BYTES


def test_names_are_text_and_no_formulas() -> None:
    size_of(pictures.confusion(Confusion(("$", "$$"), ((2, 0), (1, 3)))))


def test_a_class_without_images_is_drawn() -> None:
    size_of(pictures.confusion(Confusion(("a", "b"), ((0, 0), (1, 3)))))


@pytest.mark.parametrize("epochs", [1, 5, 300])
def test_curves_are_a_small_picture(epochs: int) -> None:
    history = [
        {name: 1 / epoch for name in names.METRIC_COLUMNS} | {names.EPOCH: epoch}
        for epoch in range(1, epochs + 1)
    ]
    picture = pictures.curves(history, best_epoch=epochs)
    assert size_of(picture) == (700, 280)
    assert len(picture) <= MAX_BYTES


def test_the_best_epoch_is_seen() -> None:
    history = [
        {name: 1 / epoch for name in names.METRIC_COLUMNS} | {names.EPOCH: epoch}
        for epoch in (1, 2, 3)
    ]
    assert pictures.curves(history) != pictures.curves(history, best_epoch=2)


def test_reports_are_a_picture_also_where_they_are_not_finite() -> None:
    size_of(reports({1: float("nan")}))
    size_of(reports({0: 1.0, 5: float("inf"), 7: 2.0}))


def test_the_axis_of_a_single_epoch_has_whole_numbers() -> None:
    ax = Figure().subplots()
    ax.plot([1], [0.5])
    label(ax, title="accuracy", unit="epoch")
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [0, 1, 2]
