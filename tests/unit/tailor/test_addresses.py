"""The addresses that configs name stay valid, each in its own section."""

from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, open_dict

from tailor import names
from tailor.addresses import ADMITTED, MOVED, build, with_current_addresses
from tailor.errors import ConfigError
from tailor.training.stored_config import read_run_config

EXACT = [name for admitted in ADMITTED.values() for name in admitted if not name.endswith(".*")]


@pytest.mark.parametrize("address", EXACT)
def test_what_is_admitted_exists(address: str) -> None:
    assert callable(resolve_name(address))


@pytest.mark.parametrize("present", MOVED.values())
def test_what_has_moved_is_admitted_where_it_is_now(present: str) -> None:
    assert present in EXACT


def test_addresses_are_replaced_at_any_depth_and_nothing_else_is() -> None:
    old: dict[str, Any] = {
        "augment": {"flip": {"_target_": "tailor.data.augment.Flip", "p": 0.5}, "none": None},
        "steps": [{"_target_": "tailor.training.schedule.cosine"}, {"_target_": "mine.Net"}],
        "name": "tailor.data.npz.npz",
    }
    assert with_current_addresses(old) == {
        "augment": {"flip": {"_target_": "tailor.augment.Flip", "p": 0.5}, "none": None},
        "steps": [{"_target_": "tailor.training.cosine"}, {"_target_": "mine.Net"}],
        "name": "tailor.data.npz.npz",
    }


def test_a_run_directory_of_version_0_1_is_read(conf_dir: str, tmp_path: Path) -> None:
    with initialize_config_dir(conf_dir):
        config = compose("train", ["data=digits", "study=s", "augment=flip"])
    with open_dict(config):
        config.data.source._target_ = "tailor.data.digits.digits"
        config.scheduler._target_ = "tailor.training.schedule.one_cycle"
        config.augment.flip._target_ = "tailor.data.augment.Flip"
    (tmp_path / names.HYDRA_DIR).mkdir()
    OmegaConf.save(config, tmp_path / names.HYDRA_DIR / names.CONFIG_FILE)
    run = read_run_config(tmp_path)
    assert run.data.source["_target_"] == "tailor.data.digits"
    assert run.scheduler["_target_"] == "tailor.training.one_cycle"
    assert run.augment["flip"]["_target_"] == "tailor.augment.Flip"


@pytest.mark.parametrize(
    ("section", "target"),
    [
        ("augment", "tailor.models.Cnn"),
        ("data.source", "tailor.data.load"),
        ("optimizer", "torch.nn.Linear"),
        ("recorders", "tailor.training.Recorder"),
    ],
)
def test_a_section_admits_its_own_kind_alone(section: str, target: str) -> None:
    with pytest.raises(ConfigError, match=rf"`{section}.mine`: '{target}' cannot stand here"):
        build(section, {"_target_": target}, key=f"{section}.mine")
