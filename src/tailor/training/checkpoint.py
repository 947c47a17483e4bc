"""The checkpoints of a run: `last.pt` to continue it, `best.pt` to use its network."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import re
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, TypeGuard

import torch
from torch import nn

from hydra_tailor.files import whole
from hydra_tailor.flat import differences, flat
from tailor.config import RunConfig
from tailor.config.optimizer import depends_on_length
from tailor.data.load import DataSplits
from tailor.errors import DamagedFile, StudyError, TailorError, TrainingError
from tailor.history import Row, is_history, is_row
from tailor.hydra_files import write_hydra_files
from tailor.models import build_model
from tailor.names import BEST_FILE, DAMAGED_FILE, LAST_FILE
from tailor.training.stored_config import read_run_config
from tailor.training.tta import averaged

log = logging.getLogger(__name__)

ANOTHER_TRIAL = (
    "Choose another trial (trial=N), or bring the file back from a copy of its run directory."
)


HYDRA_FILE = re.compile(r"\w+\.yaml")
OF_DAMAGE = (None, errno.EISDIR, errno.EINVAL)
"""Numbers of the `OSError`s that a file's content can cause; EINVAL: by an offset in it."""


class _Checkpoint(TypedDict):
    fingerprint: str
    learner: dict[str, Any]
    history: list[Row]
    best: Row


class Checkpoint(_Checkpoint, total=False):
    """The content of `last.pt`: plain containers and tensors, as `weights_only=True` requires."""

    # Earlier versions kept neither.
    hydra_files: dict[str, str]
    data: str  # checksum of the images, their labels and the split


def fingerprint(config: RunConfig) -> str:
    """A digest of a run's config, without the location of its data and its device.

    The number of epochs is also left out if no step depends on it.
    """
    content = _settings(config)
    if not depends_on_length(config.scheduler):
        content["training"].pop("epochs")
    # Twice, so that all keys are texts before they are sorted: a label may be a number.
    text = json.dumps(json.loads(json.dumps(content, default=str)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _settings(config: RunConfig) -> dict[str, Any]:
    """The settings that a run's numbers depend on."""
    content = asdict(config)
    content["training"].pop("device")
    content["data"] = config.data.without_root()
    return content


def save(path: Path, content: Any) -> None:
    """Write a file for `load`.

    Raises:
        OSError: it cannot be written.
    """
    with whole(path) as temporary, temporary.open("wb") as file:
        try:
            torch.save(content, file)  # given a path, it would not report a full disk
        except RuntimeError as error:  # torch's own, raised while it handled the real one
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise


def load(path: Path) -> Any:
    """Load a file written by `save`, without executing anything in it.

    Raises:
        DamagedFile: the file is something else, or its bytes have changed.
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # torch writes checksums but does not compare them
            if (changed := archive.testzip()) is not None:
                raise DamagedFile(f"{path} is damaged: the checksum of {changed} differs.")
        return torch.load(path, map_location="cpu", weights_only=True)
    except (DamagedFile, MemoryError):
        raise
    except Exception as error:  # arbitrary bytes raise almost anything
        if isinstance(error, OSError) and error.errno not in OF_DAMAGE:
            raise  # the file may be intact: too many open files, or a disk that does not answer
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DamagedFile(f"{path} is damaged or no checkpoint: {reason}.") from error


def load_last(directory: Path, config: RunConfig, *, data: str) -> Checkpoint | None:
    """Return the checkpoint to continue from, or None if there is none.

    A damaged one is set aside with a warning, and the run begins again at its first epoch.

    Args:
        directory: of the run.
        config: a checked config.
        data: checksum of its images.

    Raises:
        TrainingError: the directory holds the run of another config, or of other images.
    """
    path = directory / LAST_FILE
    try:
        checkpoint = load(path)
        if not _is_checkpoint(checkpoint):
            raise DamagedFile(f"{path} is no checkpoint of a run.")
    except FileNotFoundError:
        return None
    except DamagedFile as error:
        aside = path.with_name(DAMAGED_FILE)
        path.replace(aside)
        log.warning("%s It is now %s, and the run begins again at its first epoch.", error, aside)
        return None
    _refuse_unfit(checkpoint, directory, config, data)
    return checkpoint


def _refuse_unfit(checkpoint: Checkpoint, directory: Path, config: RunConfig, data: str) -> None:
    if checkpoint["fingerprint"] != fingerprint(config):
        write_hydra_files(directory, checkpoint.get("hydra_files", {}))
        differing = ""
        with contextlib.suppress(TailorError):
            before = read_run_config(directory)
            changes = differences(flat(_settings(before)), flat(_settings(config)))
            differing = f": {'; '.join(changes)}"
        raise TrainingError(
            f"{directory} holds a run of another config, so it cannot be continued with this one"
            f"{differing}. Choose another directory or remove this one."
        )
    if checkpoint.get("data", data) != data:
        write_hydra_files(directory, checkpoint.get("hydra_files", {}))
        raise TrainingError(
            f"{directory} holds a run on other images than data.root={config.data.root} has now "
            f"(checksum {checkpoint['data']}, now {data}), so it cannot be continued with these. "
            "Give it the images that it was begun with, or choose another directory."
        )
    done = len(checkpoint["history"])
    if done > config.training.epochs:
        raise TrainingError(
            f"{directory} holds a run of {done} epochs, which cannot be continued as one of "
            f"{config.training.epochs}. Choose another directory or remove this one."
        )


def put_back_hydra_files(directory: Path) -> None:
    """Write the files of `hydra_files` as they were at the last checkpoint, if there is one.

    Hydra replaces them before a run can be refused.
    """
    with contextlib.suppress(DamagedFile, OSError):
        checkpoint = load(directory / LAST_FILE)
        if _is_checkpoint(checkpoint):
            write_hydra_files(directory, checkpoint.get("hydra_files", {}))


def _is_checkpoint(content: Any) -> TypeGuard[Checkpoint]:
    return (
        isinstance(content, dict)
        and content.keys() - Checkpoint.__optional_keys__ == Checkpoint.__required_keys__
        and _are_texts(content.get("hydra_files", {}))
        and isinstance(content.get("data", ""), str)
        and isinstance(content["learner"], dict)
        and is_history(content["history"])
        and is_row(content["best"])
    )


def _are_texts(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(name, str) and HYDRA_FILE.fullmatch(name) and isinstance(text, str)
        for name, text in content.items()
    )


def restore(directory: Path, config: RunConfig, splits: DataSplits) -> nn.Module:
    """Rebuild the network of a run with its weights at the best validation epoch.

    It is the network that was evaluated: with averaged weights or test-time augmentation if the
    run used them.

    Raises:
        StudyError: the run has no `best.pt`.
        DamagedFile: the file is damaged, or of another network.
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
    try:
        model.load_state_dict(load(path))
    except DamagedFile as error:
        raise DamagedFile(f"{error} {ANOTHER_TRIAL}") from error
    except (RuntimeError, TypeError, AttributeError) as error:
        raise DamagedFile(
            f"{path} does not hold the weights of this run's network: "
            f"{' '.join(str(error).split())[:300]}. {ANOTHER_TRIAL}"
        ) from error
    return averaged(model, tta=config.training.tta).eval()
