"""Parameters as positions and coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hydra_tailor.internals.optuna import contains
from hydra_tailor.policy.axes import Axes

SPACE: dict[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-4, 0.1, log=True),
    "dropout": FloatDistribution(0.0, 0.5, step=0.1),
    "layers": IntDistribution(1, 9, step=2),
    "units": IntDistribution(8, 64, log=True),
    "epochs": CategoricalDistribution([12, 3, 6]),
    "model": CategoricalDistribution(["cnn", "mlp", None]),
}


def draw(n: int = 200) -> tuple[Axes, Any, np.random.Generator]:
    axes, rng = Axes(SPACE), np.random.default_rng(0)
    return axes, axes.draw(rng, n), rng


@pytest.mark.parametrize("moved", [False, True])
def test_every_draw_and_every_move_stands_for_values_of_the_space(moved: bool) -> None:
    axes, positions, rng = draw()
    if moved:
        positions = axes.move(rng, positions)
    for row in positions:
        values = axes.values(row)
        assert all(contains(SPACE[name], value) for name, value in values.items())
        assert axes.positions([values])[0] == pytest.approx(row, abs=1e-9)


def test_a_move_changes_something_and_not_all() -> None:
    axes, positions, rng = draw()
    same = np.isclose(axes.move(rng, positions), positions)
    assert 0.3 < same.mean() < 0.9


def test_choices_of_numbers_lie_in_their_order() -> None:
    axes = Axes({"epochs": SPACE["epochs"]})
    rows = axes.positions([{"epochs": 3}, {"epochs": 6}, {"epochs": 12}])
    assert axes.coordinates(rows).ravel().tolist() == [0.0, 0.5, 1.0]
    assert axes.numbers("epochs", rows).tolist() == [3.0, 6.0, 12.0]
    assert axes.meaning.warped.tolist() == [True]


def test_other_choices_are_equally_far_from_each_other() -> None:
    axes = Axes({"model": SPACE["model"]})
    points = axes.coordinates(axes.positions([{"model": name} for name in ("cnn", "mlp", None)]))
    distances = [np.linalg.norm(points[i] - points[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert distances == pytest.approx([1.0, 1.0, 1.0])
    assert axes.meaning.warped.tolist() == [False] * 3
    assert axes.meaning.groups.tolist() == [0] * 3


def test_a_parameter_that_a_configuration_lacks_is_in_the_middle() -> None:
    axes = Axes({"lr": SPACE["lr"], "model": SPACE["model"]})
    points = axes.coordinates(axes.positions([{}]))
    assert points.tolist() == [[0.5, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("moved", [False, True])
def test_what_cannot_exist_beside_the_others_is_missing(moved: bool) -> None:
    conditions = {
        "layers": {"model": ["cnn", None]},
        "units": {"layers": [3, 5]},  # and so not with mlp either
        "epochs": {"unknown": ["x"]},
    }
    axes, rng = Axes(SPACE, conditions), np.random.default_rng(0)
    positions = axes.draw(rng, 200)
    if moved:
        positions = axes.move(rng, positions)
    expected = {
        ("cnn", False): {"layers"},
        ("cnn", True): {"layers", "units"},
        ("mlp", False): set(),
        (None, False): {"layers"},
        (None, True): {"layers", "units"},
    }
    found = set()
    for row in positions:
        values = axes.values(row)
        assert values.keys() >= {"lr", "dropout", "epochs", "model"}
        kind = values["model"], values.get("layers") in (3, 5)
        assert values.keys() & {"layers", "units"} == expected[kind]
        found.add(kind)
        assert axes.positions([values])[0] == pytest.approx(row, abs=1e-9, nan_ok=True)
    assert found == expected.keys()
    assert np.isnan(axes.numbers("units", positions)).any()
