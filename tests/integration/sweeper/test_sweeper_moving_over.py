"""A program that used hydra-optuna-sweeper changes one word and behaves as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.plugins import Plugins
from hydra.errors import ConfigCompositionException
from hydra.plugins.sweeper import Sweeper
from hydra_plugins.hydra_optuna_sweeper.config import OptunaSweeperConf
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.plugins.sweeper import SweepError
from hydra_tailor.policy.sampler import build_sampler
from hydra_tailor.sweep.settings import SweeperSettings
from tailor.errors import ConfigError

Sweep = Callable[..., optuna.Study]
SPHERE = [
    "+hydra.sweeper.params={x: 'interval(-5.5,5.5)', y: 'range(-5,6)'}",
    "hydra/sweeper/sampler=tpe",
    "hydra.sweeper.sampler.seed=123",
    "hydra.sweeper.n_jobs=1",
    "hydra.sweeper.n_trials=20",
]


def sphere(config: DictConfig) -> float:
    return float(config.x**2 + config.y**2)


def test_it_is_found() -> None:
    assert "TailorSweeper" in [one.__name__ for one in Plugins.instance().discover(Sweeper)]


def test_it_takes_every_key_of_the_stock_sweeper() -> None:
    stock = set(OptunaSweeperConf.__dataclass_fields__) - {"defaults", "_target_"}
    assert stock <= set(SweeperSettings.__dataclass_fields__)


@pytest.mark.parametrize("fixed", [False, True], ids=["searched", "fixed-on-the-command-line"])
def test_tpe_on_a_sphere(sweep: Sweep, tmp_path: Path, fixed: bool) -> None:
    study = sweep(sphere, *SPHERE, *(["x=choice(0,1,2)", "y=0"] if fixed else []), "~any")
    results = OmegaConf.load(tmp_path / "sweep" / "optimization_results.yaml")
    assert isinstance(results, DictConfig)
    assert results.name == "optuna"
    assert results.best_params == study.best_params
    assert results.best_value == study.best_value
    assert ("y" in results.best_params) is not fixed
    # One seed. The threshold is what hydra-optuna-sweeper asks of the same search: the 95th
    # percentile of its TPE over 1,000 seeds.
    assert results.best_value <= 2.27


def test_the_stock_sweepers_class_in_a_config_is_named(sweep: Sweep) -> None:
    """Many public configs name it; Hydra would build it with our keys."""
    stock = "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"
    with pytest.raises(ConfigCompositionException) as raised:
        sweep(sphere, f"hydra.sweeper._target_={stock}")
    message = f"{raised.value} {raised.value.__cause__}"
    for part in (stock, "hydra.sweeper._target_", "hydra_tailor.plugins.sweeper.TailorSweeper"):
        assert part in message


@pytest.mark.parametrize("n_trials", [12, 1])
def test_a_grid(sweep: Sweep, n_trials: int) -> None:
    study = sweep(
        lambda config: config.x**2 + config.y**2 + len(config["any"]),
        "x=choice(-1,1)",
        "y=choice(-1,0,1)",
        "any=choice(foo,bars)",
        "hydra/sweeper/sampler=grid",
        "hydra.sweeper.n_jobs=1",
        f"hydra.sweeper.n_trials={n_trials}",
    )
    assert len(study.trials) == n_trials
    assert len({str(trial.params) for trial in study.trials}) == n_trials
    if n_trials == 12:
        assert study.best_value == 1 + 0 + 3


@pytest.mark.parametrize("sampler", ["random", "nsgaii"])
def test_several_objectives_do_not_dominate_each_other(
    sweep: Sweep, tmp_path: Path, sampler: str
) -> None:
    sweep(
        lambda config: [4 * config.x**2 + 4 * config.y**2, (config.x - 5) ** 2 + config.y],
        "x=range(0,5)",
        "y=range(0,3)",
        f"hydra/sweeper/sampler={sampler}",
        "hydra.sweeper.direction=[minimize,minimize]",
        "hydra.sweeper.n_trials=12",
    )
    results = OmegaConf.load(tmp_path / "sweep" / "optimization_results.yaml")
    front = [list(one["values"]) for one in results.solutions]
    assert front
    for one in front:
        assert not any(
            all(a <= b for a, b in zip(other, one, strict=True)) and other != one
            for other in front
        )


def test_the_motpe_sampler_is_gone() -> None:
    target = "hydra_plugins.hydra_optuna_sweeper.config.raise_motpe_removed"
    with pytest.raises(ConfigError, match="'motpe' sampler was removed in Optuna 4.0"):
        build_sampler({"_target_": target}, grid=None, explicit=set())


def test_a_whitelist_of_the_program_holds_for_custom_search_spaces(sweep: Sweep) -> None:
    from hydra.utils import execution_whitelist

    custom = f"hydra.sweeper.custom_search_space={__name__}.extend"
    with (
        execution_whitelist([]),
        pytest.raises(SweepError, match="not in the Hydra execution whitelist"),
    ):
        sweep(sphere, "x=interval(0,1)", custom)
    with pytest.raises(SweepError, match="os.system"):
        sweep(sphere, "x=interval(0,1)", "hydra.sweeper.custom_search_space=os.system")


def extend(config: DictConfig, trial: Any) -> None:
    raise AssertionError("never called")
