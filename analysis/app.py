"""The Hydra application behind `python -m analysis`."""

from __future__ import annotations

from pathlib import Path

import hydra
from omegaconf import DictConfig

from analysis import config as schema
from tailor.terminal import plain_console

CONF = Path(__file__).resolve().parents[1] / "conf"


@hydra.main(config_path=str(CONF), config_name="analyze")
def main(config: DictConfig) -> None:
    checked = schema.analyze_config(config)  # before torch is imported: a wrong key costs nothing

    from analysis.analyze import analyze

    directory = analyze(checked, plain_console(soft_wrap=True))
    print(f"analysis: {directory}")
