"""What `src/train.py` and the Python API run: a composed config in, its objective out."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from tailor import config as schema


def train(config: DictConfig) -> float | list[float]:
    """Check a composed config, train its run, return its objective or objectives.

    Raises:
        TailorError: a key or a value is wrong, or the run cannot go on.
    """
    run = schema.run_config(config)  # before torch is imported: a wrong key fails at once
    schema.check_study(config.study)
    recorders = schema.chosen_recorders(config)
    settings = HydraConfig.get()
    schema.check_hydra_config(settings, run)

    from tailor.training.job import run_job

    return run_job(
        run,
        directory=Path(settings.runtime.output_dir),
        searching=settings.mode == RunMode.MULTIRUN,
        recorders=recorders,
    )
