"""A composed config of the toy program, and a space built over it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.initialize import initialize_config_dir
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_tailor.space.reading import build_space
from hydra_tailor.space.space import Space

CONF = Path(__file__).parents[2] / "apps" / "conf"


@pytest.fixture(scope="module")
def loader() -> Iterator[ConfigLoader]:
    with initialize_config_dir(str(CONF)):
        yield GlobalHydra.instance().config_loader()


@pytest.fixture(scope="module")
def master(loader: ConfigLoader) -> DictConfig:
    return loader.load_configuration("toy", [], run_mode=RunMode.MULTIRUN)


@pytest.fixture(scope="module")
def space_of(loader: ConfigLoader, master: DictConfig) -> Callable[..., Space]:
    def build(*arguments: str, when: Any = None, **params: Any) -> Space:
        return build_space(params, arguments, when or {}, config=master, loader=loader)

    return build


@pytest.fixture(autouse=True)
def quiet_optuna() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
