"""The Hydra application behind `python -m analysis`."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from analysis.commands import config as schema
from hydra_tailor.imports import without_collections
from hydra_tailor.terminal import plain_console
from tailor.config import conf_directory
from tailor.errors import errors_end_the_program


@hydra.main(config_path=str(conf_directory()), config_name="analyze")
def main(config: DictConfig) -> None:
    with errors_end_the_program():
        checked = schema.analyze_config(config)  # before the slow imports: errors appear at once
        print("loading the libraries of the analysis ...", flush=True)

        with without_collections():
            from analysis.commands.analyze import analyze

        written = analyze(checked, plain_console(soft_wrap=True))
        print(f"analysis: {written.directory}")
