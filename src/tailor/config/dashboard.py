"""The keys of `conf/dashboard.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from hydra_tailor.bounds import ClosedSettings, is_whole, problems_of, ruled
from tailor.errors import ConfigError

FOLDER_RULE = "the path of a folder, or false"


def folder(value: Any) -> Any:
    """The resolver `folder`: `false` and `true` from an environment variable become booleans."""
    return {"false": False, "true": True}.get(str(value).lower(), value)


def is_folder(value: Any) -> bool:
    """Whether a setting names a folder, or is false."""
    return value is False or (isinstance(value, str) and value != "")


def _is_port(value: Any) -> bool:
    return is_whole(value) and 0 <= value <= 65535


@dataclass
class DashboardConfig(ClosedSettings):
    storage: str = ruled("a URL", bool)
    """URL of the storage; a missing SQLite file is not created."""
    pictures: Any = ruled(FOLDER_RULE, is_folder)
    """Folder of the trials' pictures; false: the dashboard shows none."""
    port: Any = ruled("a whole number in [0, 65535]", _is_port)
    """Port on 127.0.0.1; 0 picks a free one."""

    def __post_init__(self) -> None:
        if problems := problems_of(self):
            raise ConfigError("; ".join(problems) + ".")


def dashboard_config(config: DictConfig) -> DashboardConfig:
    """Check a composed config.

    Raises:
        ConfigError: a key is unknown, or a value is out of bounds.
    """
    checked = OmegaConf.to_object(config)
    assert isinstance(checked, DashboardConfig)
    return checked
