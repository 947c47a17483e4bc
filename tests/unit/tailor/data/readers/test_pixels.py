from __future__ import annotations

import numpy as np
import pytest

from tailor.data.readers.pixels import image_shape, pixel_problem, to_pixels
from tailor.errors import DataError


@pytest.mark.parametrize(
    ("size", "shape", "expected"),
    [
        (784, None, (1, 28, 28)),
        (3072, None, (3, 32, 32)),
        (4, None, (1, 2, 2)),
        (1, [1, 1], (1, 1, 1)),
        (784, [16, 49], (1, 16, 49)),
        (60, [3, 4, 5], (3, 4, 5)),
    ],
)
def test_shapes(size: int, shape: list[int] | None, expected: tuple[int, ...]) -> None:
    assert image_shape(size, shape) == expected


@pytest.mark.parametrize(
    ("size", "shape", "message"),
    [
        (785, None, r"785 pixels per image do not form a square.*data\.source\.shape="),
        (1, None, r"at least 4 pixels, got 1\. .*data=image_folder"),
        (784, [28, 27], "takes 756 pixels per image, got 784"),
        (784, [2, 14, 28], "1 or 3 channels, got"),
        (784, [784], "must be"),
        (784, [-28, -28], "must be"),
    ],
)
def test_shapes_that_do_not_fit(size: int, shape: list[int] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        image_shape(size, shape)


@pytest.mark.parametrize(
    ("values", "scale", "problem"),
    [
        ([[0, 255], [7, 7]], 1, None),
        ([[0.0, 0.5], [1.0, 0.2]], 255, None),
        ([[0, 1], [2, 300]], 1, (1, "pixels must lie in 0 to 255, got 300 as pixel 1")),
        ([[0.0, np.inf]], 1, (0, "pixels must be finite, got inf as pixel 1")),
        ([[0.0, 2.5]], 1, (0, "pixels must be whole, got 2.5 as pixel 1")),
        ([["a"]], 1, (0, "pixels must be numbers, got <U1")),
    ],
)
def test_problems(values: list, scale: float, problem: tuple[int, str] | None) -> None:
    assert pixel_problem(np.array(values), scale=scale) == problem


def test_scaling_rounds() -> None:
    assert to_pixels(np.array([0.0, 0.5, 1.0]), scale=255).tolist() == [0, 128, 255]
