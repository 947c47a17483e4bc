"""The checkpoints of a run: `last.pt` to continue it, `best.pt` to use its network."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from hydra_tailor.files import whole
from tailor.addresses import with_current_addresses
from tailor.config import RunConfig, run_config
from tailor.config.optimizer import depends_on_length
from tailor.data.load import DataSplits
from tailor.errors import StudyError, TrainingError
from tailor.models import build_model
from tailor.names import BEST_FILE, CONFIG_FILE, HYDRA_DIR, LAST_FILE
from tailor.training.result import Row
from tailor.training.tta import averaged


class Checkpoint(TypedDict):
    """The content of `last.pt`: plain containers and tensors, as `weights_only=True` requires."""

    fingerprint: str
    learner: dict[str, Any]
    history: list[Row]
    best: Row


def fingerprint(config: RunConfig) -> str:
    """A digest of a run's config, without the location of its data and its device.

    Without the number of epochs, too, where no step depends on it.
    """
    content = asdict(config)
    if not depends_on_length(config.scheduler):
        content["training"].pop("epochs")
    content["training"].pop("device")
    content["data"].pop("root")
    content["data"]["source"] = {
        key: value for key, value in content["data"]["source"].items() if key != "root"
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def save(path: Path, content: Any) -> None:
    with whole(path) as temporary:
        torch.save(content, temporary)


def load(path: Path) -> Any:
    """Load what `save` wrote, executing nothing.

    Raises:
        TrainingError: the file is damaged.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise TrainingError(
            f"{path} is damaged ({str(error).splitlines()[0]}). Remove the file to train this run "
            "again from its start."
        ) from error


def load_last(directory: Path, config: RunConfig) -> Checkpoint | None:
    """Return the checkpoint to continue from, or None if there is none.

    Raises:
        TrainingError: the directory holds the run of another config.
    """
    path = directory / LAST_FILE
    if not path.exists():
        return None
    checkpoint: Checkpoint = load(path)
    if checkpoint["fingerprint"] != fingerprint(config):
        raise TrainingError(
            f"{directory} holds a run of another config, so it cannot be continued with this one. "
            "Choose another directory or remove this one."
        )
    done = len(checkpoint["history"])
    if done > config.training.epochs:
        raise TrainingError(
            f"{directory} holds a run of {done} epochs, which cannot be continued as one of "
            f"{config.training.epochs}. Choose another directory or remove this one."
        )
    return checkpoint


def read_run_config(directory: Path) -> RunConfig:
    """Return the config of the run in `directory`.

    Raises:
        StudyError: the directory contains no run.
    """
    path = directory / HYDRA_DIR / CONFIG_FILE
    if not path.exists():
        raise StudyError(f"{directory} holds no run: {HYDRA_DIR}/{CONFIG_FILE} is missing.")
    stored = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    config = OmegaConf.create(with_current_addresses(stored))
    assert isinstance(config, DictConfig)
    return run_config(config)


def restore(directory: Path, config: RunConfig, splits: DataSplits) -> nn.Module:
    """Rebuild the network of a run with its weights at the best validation epoch.

    It is the network that was evaluated: with averaged weights or test-time augmentation if the
    run used them.

    Raises:
        StudyError: the run has no `best.pt`.
        TrainingError: the file is damaged.
    """
    path = directory / BEST_FILE
    if not path.exists():
        raise StudyError(f"{directory} has no {BEST_FILE}: the run never finished an epoch.")
    model = build_model(
        config.model,
        in_shape=splits.train.shape,
        num_classes=len(splits.train.classes),
        seed=config.seed,
    )
    model.load_state_dict(load(path))
    return averaged(model, tta=config.training.tta).eval()
