"""What a finished study lends to a new one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial
from sqlalchemy.engine import URL

from hydra_tailor.errors import ConfigError
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.study.lending import N_LENT, lend, open_lenders

LR = FloatDistribution(1e-4, 1.0, log=True)
LAYERS = IntDistribution(1, 9)
SPACE = {"lr": LR, "layers": LAYERS}


def parameters(**space: BaseDistribution) -> dict[str, Parameter]:
    return {name: Parameter(name, distribution) for name, distribution in space.items()}


def study(
    *trials: tuple[float, Mapping[str, Any]],
    space: Mapping[str, BaseDistribution] = SPACE,
    direction: str = "maximize",
    state: TrialState = TrialState.COMPLETE,
) -> optuna.Study:
    made = optuna.create_study(direction=direction)
    for value, values in trials:
        distributions = {name: space[name] for name in values}
        made.add_trial(
            create_trial(
                state=state,
                value=None if state is TrialState.FAIL else value,
                params=dict(values),
                distributions=distributions,
            )
        )
    return made


def at(lr: float, layers: int) -> dict[str, Any]:
    return {"lr": lr, "layers": layers}


@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1.0), ("minimize", -1.0)])
def test_the_best_come_first_by_the_lenders_own_direction(direction: str, sign: float) -> None:
    values = [(0.1, at(1e-4, 1)), (0.4, at(1e-3, 3)), (0.3, at(1e-2, 5)), (0.2, at(1e-1, 7))]
    lender = study(*[(sign * value, one) for value, one in values], direction=direction)
    assert lend([lender], parameters(**SPACE)) == [at(1e-3, 3), at(1e-2, 5), at(1e-1, 7)]


def test_what_is_too_much_alike_is_lent_once() -> None:
    lender = study((0.9, at(1e-2, 3)), (0.8, at(1.05e-2, 3)), (0.7, at(1e-4, 9)))
    assert lend([lender], parameters(**SPACE)) == [at(1e-2, 3), at(1e-4, 9)]


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.FAIL])
def test_trials_without_a_result_are_not_lent(
    state: TrialState, caplog: pytest.LogCaptureFixture
) -> None:
    assert lend([study((0.9, at(1e-2, 3)), state=state)], parameters(**SPACE)) == []
    assert "lends nothing" in caplog.text


def test_a_configuration_outside_the_new_space_is_not_lent() -> None:
    lender = study((0.9, at(0.5, 3)), (0.8, at(1e-2, 9)), (0.7, at(1e-3, 2)))
    narrow = parameters(lr=FloatDistribution(1e-4, 0.1, log=True), layers=IntDistribution(1, 4))
    assert lend([lender], narrow) == [at(1e-3, 2)]


def test_kinds_of_distribution_may_differ() -> None:
    lender = study((0.9, at(1e-2, 3)), (0.8, at(1e-3, 4)))
    chosen = parameters(lr=LR, layers=CategoricalDistribution((2, 4, 8)))
    assert lend([lender], chosen) == [at(1e-3, 4)]


def test_parameters_that_one_study_alone_has_are_ignored_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    lender = study((0.9, at(1e-2, 3)))
    assert lend([lender], parameters(lr=LR, dropout=FloatDistribution(0, 1))) == [{"lr": 1e-2}]
    assert "ignored, since this search does not have them: layers" in caplog.text
    assert "does not have: dropout" in caplog.text
    assert lend([lender], parameters(dropout=FloatDistribution(0, 1))) == []


def test_several_lend_in_turn_whatever_their_values() -> None:
    poor = study((0.2, at(1e-4, 1)), (0.1, at(1e-3, 3)))
    rich = study((90.0, at(1e-2, 5)), (80.0, at(1e-1, 7)))
    lent = lend([rich, poor], parameters(**SPACE))
    assert lent == [at(1e-2, 5), at(1e-4, 1), at(1e-1, 7)]
    assert len(lent) == N_LENT


@pytest.fixture
def storage(tmp_path: Path) -> str:
    url = URL.create("sqlite", database=str(tmp_path / "study.db")).render_as_string()
    optuna.create_study(study_name="old", storage=url).add_trial(create_trial(value=1.0))
    optuna.create_study(study_name="pareto", storage=url, directions=["minimize"] * 2)
    return url


@pytest.mark.parametrize(
    ("lenders", "message"),
    [
        pytest.param(["new"], "must name other studies, got 'new'", id="itself"),
        pytest.param(["old", "ald"], "got 'ald'. These exist: old, pareto", id="unknown"),
        pytest.param(["pareto"], "got 'pareto', which has 2", id="several-objectives"),
    ],
)
def test_an_impossible_lender_is_refused(storage: str, lenders: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        open_lenders(storage, lenders, borrower="new")
    assert optuna.get_all_study_names(storage) == ["old", "pareto"]


def test_a_storage_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    url = URL.create("sqlite", database=str(file)).render_as_string()
    with pytest.raises(ConfigError, match="got 'old'. These exist: none"):
        open_lenders(url, ["old"], borrower="new")
    assert not file.exists()


def test_a_study_that_has_begun_borrows_nothing(
    storage: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert open_lenders(storage, ["gone"], borrower="old") == []
    assert "learns from no other now" in caplog.text
