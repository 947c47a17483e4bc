"""The config of a run, read back from its directory."""

from __future__ import annotations

from pathlib import Path

import yaml
from omegaconf import DictConfig, OmegaConf

from tailor.addresses import with_current_addresses
from tailor.config import RunConfig, run_config
from tailor.errors import DamagedFile, StudyError, TailorError
from tailor.names import CONFIG_FILE, HYDRA_DIR

MAX_DEPTH = 50
"""Levels of nesting; a config of a run has five."""


def read_run_config(directory: Path) -> RunConfig:
    """Return the config of the run in `directory`.

    Raises:
        StudyError: the directory contains no run.
        DamagedFile: its config cannot be read, or is not valid.
    """
    path = directory / HYDRA_DIR / CONFIG_FILE
    if not path.exists():
        raise StudyError(f"{directory} holds no run: {HYDRA_DIR}/{CONFIG_FILE} is missing.")
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_bombs(text)
        stored = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
        config = OmegaConf.create(with_current_addresses(stored))
        if not isinstance(config, DictConfig):
            raise ValueError("it must hold a mapping")
        return run_config(config)
    except TailorError as error:
        raise DamagedFile(f"{path} is not the config of a run: {error}") from error
    except Exception as error:  # arbitrary bytes raise almost anything
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise DamagedFile(f"{path} is damaged: {reason}.") from error


def _refuse_bombs(text: str) -> None:
    """Refuse nesting that crashes libyaml, and aliases, which multiply; a config has neither."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(f"it nests more than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("it uses aliases")
