"""The program of `src/train.py` and the Python API: from a composed config to its objective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_tailor.bounds import config_errors
from hydra_tailor.files import from_here
from hydra_tailor.imports import without_collections
from tailor import config as schema
from tailor import names
from tailor.addresses import check_arguments
from tailor.config.next_command import next_command, override
from tailor.errors import ConfigError, TrainingError
from tailor.history import read_history
from tailor.hydra_files import read_hydra_files, write_hydra_files

LAUNCHERS_OF_THIS_HOST = ("Local", "Basic", "Joblib")
"""Prefixes of their class names. Jobs of other launchers may find other files."""
DEVICES_OF_EVERY_HOST = ("auto", "cpu")
OWN_FILES = ("tailor.data.csv", "tailor.data.npz", "tailor.data.image_folder")
"""Sources that read a user's own files; the files of other sources are checked on loading."""


def train(config: DictConfig) -> float | list[float]:
    """Check a composed config, train its run, return its objective or objectives.

    Raises:
        TailorError: a key or a value is wrong, or the run cannot continue.
    """
    settings = HydraConfig.get()
    directory, searching = Path(settings.runtime.output_dir), settings.mode == RunMode.MULTIRUN
    try:
        run, recorders = _checked(config)  # before torch is imported: a wrong key fails at once
        with nullcontext() if searching else _alone_in(directory):
            _import_training()

            from tailor.training.job import run_job

            return run_job(run, directory=directory, searching=searching, recorders=recorders)
    except BaseException:
        if not searching and (directory / names.LAST_FILE).exists():
            from tailor.training.checkpoint import put_back_hydra_files

            put_back_hydra_files(directory)
        raise


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep other processes from training in this directory; a search has its own protection.

    Raises:
        TrainingError: another process trains there.
    """
    lock = FileLock(directory / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TrainingError(
            f"another process trains in {directory}. Wait for its end to continue its run, or "
            "choose another directory."
        ) from None
    except (OSError, NotImplementedError):  # a full disk, which is reported later, or no locks
        yield
        return
    files = read_hydra_files(directory)
    try:
        yield
    finally:
        write_hydra_files(directory, files)  # another process may have come, and been refused
        lock.release()


@cache
def _import_training() -> None:
    with without_collections():
        # The first optimizer would import it, which takes as long as torch itself.
        import torch._dynamo  # noqa: F401

        import tailor.training.job  # noqa: F401


def check_job(config: DictConfig) -> dict[str, str]:
    """Refuse a search in which every trial would fail, before it begins.

    Args:
        config: of one of its jobs.

    Returns:
        what must not change between the starts of a search: the checksum of the user's own images.

    Raises:
        TailorError: a key or a value is wrong, the trials could not be analysed, this host lacks
            the device, or the user's data cannot be read. Of a test file, only the form is
            checked.
    """
    run, recorders = _checked(config)
    settings = HydraConfig.get()
    if settings.output_subdir != names.HYDRA_DIR:
        raise ConfigError(
            f"`hydra.output_subdir` must be {names.HYDRA_DIR} in a search, got "
            f"{settings.output_subdir!r}: the analysis reads there what each trial ran with."
        )
    launcher = str(settings.launcher.get("_target_")).rpartition(".")[2]
    if not launcher.startswith(LAUNCHERS_OF_THIS_HOST):
        return {}
    _check_arguments(run, recorders, settings.overrides.task)
    return _check_on_this_host(run)


def _check_arguments(
    run: schema.RunConfig, recorders: dict[str, Any], overrides: Sequence[str]
) -> None:
    """Refuse arguments that are unknown to what they are for, and that no schema describes."""
    with without_collections():
        for name, recorder in recorders.items():
            if recorder is not None:
                check_arguments("recorders", recorder, key=f"recorders.{name}")
        if run.training.loss is not None:
            check_arguments("training.loss", run.training.loss)
        # Only if it was changed: its module imports torch, which a search does without.
        if any("data.source" in override for override in overrides):
            check_arguments("data.source", run.data.source)


def _check_on_this_host(run: schema.RunConfig) -> dict[str, str]:
    """Refuse a device that this host lacks, and what cannot be built or read here."""
    if run.training.device not in DEVICES_OF_EVERY_HOST:
        from tailor.training.machine import pick_device

        pick_device(run.training.device)
    if run.augmentation:
        with without_collections():
            from tailor.augment import build_all

        build_all(run.augmentation)
    if _reads_own_files(run):
        from tailor.data.load import check

        return {f"checksum of the images of data={run.data.name}": check(run.data)}
    return {}


def _checked(config: DictConfig) -> tuple[schema.RunConfig, dict[str, Any]]:
    run = schema.run_config(config)
    with config_errors():
        schema.check_study(config.study)
        recorders = schema.chosen_recorders(config)
        schema.check_hydra_config(HydraConfig.get(), run)
    return run, recorders


def _reads_own_files(run: schema.RunConfig) -> bool:
    source = run.data.source
    return isinstance(source, dict) and source.get("_target_") in OWN_FILES


def how_to_continue(directory: Path) -> str:
    """Say in a sentence or two what an interrupted run has kept, and how to continue it."""
    if not (directory / names.LAST_FILE).exists():
        return "interrupted before the end of the first epoch: nothing is kept."
    epochs = len(read_history(directory / names.METRICS_FILE))
    kept = f"{epochs} epochs are kept" if epochs > 1 else "1 epoch is kept"
    again = override("hydra.run.dir", str(from_here(directory)))
    return f"interrupted: {kept}. To continue, repeat it with {again}"


def next_steps(directory: Path) -> str:
    """The commands to type after a single run: its analysis, or a search."""
    steps = ["python src/train.py -m --help"]
    if (directory / names.HYDRA_DIR / names.CONFIG_FILE).exists():  # which the analysis reads
        steps.insert(0, next_command("analyze", f"run={from_here(directory)}"))
    return "\n  ".join(["Next:", *steps])
