"""From a data config to tensors. A process loads a dataset once and keeps it for all its runs."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass

import numpy as np
import torch
from omegaconf import OmegaConf
from sklearn.model_selection import train_test_split
from torch import Tensor

from tailor.config import DataConfig
from tailor.data.images import LabelledImages
from tailor.errors import DataError
from tailor.targets import build


@dataclass(frozen=True)
class DataSplits:
    """What a run learns from.

    Attributes:
        train: images that the weights are fitted to.
        val: images that rank epochs and trials; disjoint from `train`.
        mean: [C] mean of the training pixels, on the scale 0 to 255.
        std: [C] their standard deviation, on the same scale.
    """

    train: LabelledImages
    val: LabelledImages
    mean: Tensor
    std: Tensor


def load(config: DataConfig) -> DataSplits:
    """Load the training images and split off the validation part, stratified by class.

    Raises:
        DataError: the dataset is missing or damaged, or too small for the split.
    """
    return _load(_source_key(config), config.val_fraction, config.split_seed)


def load_test(config: DataConfig) -> LabelledImages:
    """Load the test images. A search never calls this."""
    return _source(_source_key(config), "test")


def _source_key(config: DataConfig) -> str:
    source = config.source
    if OmegaConf.is_config(source):
        source = OmegaConf.to_container(source, resolve=True)
    return json.dumps(source, sort_keys=True)


def _source(key: str, split: str) -> LabelledImages:
    images = build("data.source", json.loads(key), split=split)
    assert isinstance(images, LabelledImages)
    return images


@functools.lru_cache(maxsize=2)
def _load(key: str, val_fraction: float, split_seed: int) -> DataSplits:
    images = _source(key, "train")
    train_indices, val_indices = split_indices(
        images.targets, val_fraction=val_fraction, seed=split_seed
    )
    train, val = images.take(train_indices), images.take(val_indices)
    mean, std = pixel_statistics(train.images)
    return DataSplits(train=train, val=val, mean=mean, std=std)


def split_indices(targets: Tensor, *, val_fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Split stratified by class, each part in ascending order of index.

    Args:
        targets: [N] class indices.
        val_fraction: share of each class that goes to validation, in (0, 1).
        seed: the same seed gives the same split.

    Raises:
        DataError: a class would have no image on one of the two sides.
    """
    try:
        train, val = train_test_split(
            np.arange(len(targets)),
            test_size=val_fraction,
            random_state=seed,
            stratify=targets.numpy(),
        )
    except ValueError as error:
        raise DataError(
            f"{len(targets)} training images cannot be split with "
            f"data.val_fraction={val_fraction}: {error} "
            "Choose a fraction that leaves each class an image on both sides."
        ) from error
    return torch.from_numpy(np.sort(train)), torch.from_numpy(np.sort(val))


def pixel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, from exact integer histograms.

    Args:
        images: [N, C, H, W] uint8.

    Returns:
        Two float32 tensors [C] on the scale 0 to 255; the deviation of a constant channel is 1.
    """
    levels = torch.arange(256, dtype=torch.float64)
    means, stds = [], []
    for channel in images.unbind(1):
        counts = torch.bincount(channel.flatten(), minlength=256).double()
        share = counts / counts.sum()
        mean = (share * levels).sum()
        std = (share * (levels - mean) ** 2).sum().sqrt()
        means.append(mean)
        stds.append(std if std > 0 else torch.ones(()))
    return torch.stack(means).float(), torch.stack(stds).float()
