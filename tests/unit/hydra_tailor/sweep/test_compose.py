"""Composing from what is composed gives what Hydra's own composition gives."""

import pickle
from collections.abc import Sequence

import pytest
from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.sweep.compose import CACHE_SIZE, ComposeOnce

OVERRIDES = [
    [],
    ["x=1"],
    ["x=0.5", "y=-1e-3"],
    ["any='1'"],
    ["any=null"],
    ["any=[1,'a,b',null]"],
    ["any={a:1,b:[2]}"],
    ["any.inner=1"],
    ["shape=ridge"],
    ["shape=ridge", "shape.width=5"],
    ["shape.width=5", "shape=ridge"],
    ["shape.height=2", "x=3"],
    ["+shape.depth=3"],
    ["+new=3", "x=1"],
    ["++x=3"],
    ["+paint=red"],
    ["paint=red", "paint.colour=green"],
    ["~any"],
    ["~any", "x=2"],
    ["pause=[1.0,2.0]"],
    ["pause=extend_list(3.0)"],
    ["pause=[1.0]", "pause=extend_list(3.0)"],
    ["pause=extend_list(3.0)", "pause=[1.0]", "x=2"],
    ["x=${y}"],
    ["hydra.job.env_set.A=1", "x=2"],
    ["shape={name: mine}"],
    ["shape.height=2", "x=1", "shape={height: 3}"],
    ["any=1", "~any"],
    ["x=2", "shape=ridge", "y=3"],
]


@pytest.mark.filterwarnings("ignore:extend_list:UserWarning")  # Hydra's: until its version 1.5
@pytest.mark.parametrize("overrides", OVERRIDES, ids=" ".join)
def test_equals_hydras_own(
    loader: ConfigLoader, master: DictConfig, overrides: Sequence[str]
) -> None:
    try:
        expected = loader.load_sweep_config(master, list(overrides))
    except Exception as error:  # then the same refusal is expected
        with pytest.raises(type(error)):
            ComposeOnce(loader).load_sweep_config(master, list(overrides))
        return
    once = ComposeOnce(loader)
    for _ in range(2):  # composed, then from what was kept
        composed = once.load_sweep_config(master, list(overrides))
        assert OmegaConf.to_container(composed) == OmegaConf.to_container(expected)
        composed.x = 99  # a job may write into its config: the next one's is its own


def test_values_alone_compose_once(
    loader: ConfigLoader, master: DictConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[object] = []
    original = type(loader).load_sweep_config

    def count(self: ConfigLoader, *arguments: object) -> DictConfig:
        composed.append(arguments)
        return original(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(loader), "load_sweep_config", count)
    once = ComposeOnce(loader)
    for x in range(20):
        once.load_sweep_config(master, [f"x={x}", "any=[1]", f"shape={('bowl', 'ridge')[x % 2]}"])
    assert len(composed) == 2


def test_keeps_a_bounded_number_and_survives_pickling(
    loader: ConfigLoader, master: DictConfig
) -> None:
    once = ComposeOnce(loader)
    for depth in range(CACHE_SIZE + 3):
        once._composed[(str(depth),)] = master
        once._compose(master, [])
    again = pickle.loads(pickle.dumps(once))
    assert again._composed == {}
    assert again.load_sweep_config(master, ["x=7"]).x == 7
