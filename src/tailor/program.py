"""What `src/train.py` and the Python API run: a composed config in, its objective out."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from tailor import config as schema
from tailor import names
from tailor.config.next_command import next_command
from tailor.history import read_history


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


def how_to_continue(directory: Path) -> str:
    """What an interrupted run has kept, and how to continue it, in a sentence or two."""
    if not (directory / names.LAST_FILE).exists():
        return "interrupted before the end of the first epoch: nothing is kept."
    epochs = len(read_history(directory / names.METRICS_FILE))
    kept = f"{epochs} epochs are kept" if epochs > 1 else "1 epoch is kept"
    again = f"repeat it with hydra.run.dir={relative(directory)}"
    return f"interrupted: {kept}. To continue, {again}"


def next_steps(directory: Path) -> str:
    """What to type after a single run: an analysis of it, or a search."""
    analysis = next_command("analyze", f"run={relative(directory)}")
    return f"Next:\n  {analysis}\n  python src/train.py -m --help"


def relative(path: Path) -> Path:
    """A path as it is typed from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
