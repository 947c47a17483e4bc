"""Loading the splits of a data config. A process loads a dataset once for all its runs."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from omegaconf import OmegaConf
from torch import Tensor

from tailor.addresses import build
from tailor.config import DataConfig
from tailor.data.balance import class_counts, imbalance_note
from tailor.data.contrast import uniform_note
from tailor.data.images import LabelledImages
from tailor.data.notes import listed
from tailor.data.split import split_indices, subset_indices
from tailor.errors import DataError

_log = logging.getLogger(__name__)
_training_format: dict[str, tuple[tuple[int, int, int], tuple[str, ...]]] = {}
"""Shape and classes of the training images of each source that this process loaded."""

HISTOGRAM_CHUNK_IMAGES = 4096


@dataclass(frozen=True)
class DataSplits:
    """The training and validation images of a run.

    Attributes:
        train: images for training the weights.
        val: images for ranking epochs and trials; disjoint from `train`.
        mean: [C] mean of the training pixels, on the scale 0 to 255.
        std: [C] their standard deviation, on the same scale.
    """

    train: LabelledImages
    val: LabelledImages
    mean: Tensor
    std: Tensor

    @functools.cached_property
    def checksum(self) -> str:
        """Of the images, their labels and the split."""
        return f"{self.train.checksum()}{self.val.checksum()}"


def load(config: DataConfig) -> DataSplits:
    """Load the training images and split off the validation part, stratified by class.

    Raises:
        DataError: the dataset is missing or damaged, unusable for training, or too small for the
            split.
    """
    return _load(
        _source_key(config),
        config.val_fraction,
        config.split_seed,
        config.stratify,
        config.subset,
    )


def check(config: DataConfig) -> str:
    """Check that the training images can be read, and that the test file has the same form.

    The images are decoded into the cache, where jobs find them, and are not kept in memory.

    Returns:
        the images' checksum.

    Raises:
        DataError: as for `load`.
    """
    return _source_of_training(_source_key(config)).checksum()


def load_test(config: DataConfig) -> LabelledImages:
    """Load the test images. A search never calls this.

    Raises:
        DataError: the dataset is missing or damaged, or its test images have another shape or
            other classes than the training images that this process loaded.
    """
    key = _source_key(config)
    images = _source(key, "test")
    shape, classes = _training_format.get(key, (images.shape, images.classes))
    if images.shape != shape:
        raise DataError(
            f"test images must have the training images' shape {list(shape)} (channels, height, "
            f"width), got {list(images.shape)}."
        )
    if images.classes != classes:
        raise DataError(
            f"the test split must have the training split's classes ({listed(classes)}), got "
            f"{listed(images.classes)}."
        )
    _log_sentences(images)
    return images


def _source_key(config: DataConfig) -> str:
    source = config.source
    if OmegaConf.is_config(source):
        source = OmegaConf.to_container(source, resolve=True)
    return json.dumps(source)  # not sorted: labels as keys may be numbers and texts


def _source(key: str, split: str) -> LabelledImages:
    config = json.loads(key)
    try:
        images = build("data.source", config, split=split)
    except (OSError, MemoryError) as error:
        raise DataError(
            f"data.source {config.get('_target_')!r} cannot read the {split} split: "
            f"{str(error) or type(error).__name__}."
        ) from error
    if not isinstance(images, LabelledImages):
        raise DataError(
            "data.source._target_ must name a function that returns tailor.data.LabelledImages, "
            f"got {config.get('_target_')!r}, which returned a {type(images).__name__}."
        )
    return images


@functools.lru_cache(maxsize=2)
def _load(
    key: str, val_fraction: float, split_seed: int, stratify: bool, subset: int | None
) -> DataSplits:
    images = _source_of_training(key)
    _training_format[key] = (images.shape, images.classes)
    _log_sentences(images)
    draw = functools.partial(
        _draw, images, val_fraction=val_fraction, split_seed=split_seed, stratify=stratify
    )
    try:
        train_indices, val_indices = draw(subset=subset)
    except DataError as error:
        if (enough := _large_enough(draw, subset, len(images))) is None:
            raise
        raise DataError(
            f"{error} Or keep more of the {len(images):,} images than data.subset={subset}: type "
            f"data.subset={enough}"
        ) from error
    train, val = images.take(train_indices), images.take(val_indices)
    if imbalance := imbalance_note(train.targets, train.classes):
        _log_once(logging.WARNING, imbalance)
    if uniform := uniform_note(train):
        _log_once(logging.WARNING, uniform)
    mean, std = pixel_statistics(train.images)
    return DataSplits(train=train, val=val, mean=mean, std=std)


def _draw(
    images: LabelledImages,
    *,
    val_fraction: float,
    split_seed: int,
    stratify: bool,
    subset: int | None,
) -> tuple[Tensor, Tensor]:
    """Return the indices of the training and the validation split."""
    targets, classes = images.targets, images.classes
    indices = torch.arange(len(images))
    if subset is not None:
        indices = subset_indices(targets, size=subset, seed=split_seed, classes=classes)
    train, val = split_indices(
        targets[indices],
        val_fraction=val_fraction,
        seed=split_seed,
        stratify=stratify,
        classes=classes,
    )
    return indices[train], indices[val]


def _large_enough(draw: Callable[..., object], subset: int | None, num_images: int) -> int | None:
    """A subset that can be split, where the given one cannot; None: there is none."""
    size = num_images if subset is None else max(1, subset)
    while size < num_images:
        size = min(2 * size, num_images)
        with contextlib.suppress(DataError):
            draw(subset=size)
            return size
    return None


def _source_of_training(key: str) -> LabelledImages:
    images = _source(key, "train")
    _refuse_untrainable(images)
    _refuse_one_image(images)
    return images


def _refuse_untrainable(images: LabelledImages) -> None:
    """Refuse images that no classifier can be trained on, before a network is built."""
    classes = images.classes
    if len(classes) < 2:
        raise DataError(f"a dataset needs two or more classes, got only {', '.join(classes)}.")
    if len(images) < len(classes):
        raise DataError(
            f"each class needs a training image, got {len(images)} images for {len(classes)} "
            "classes."
        )
    empty = (class_counts(images.targets, len(classes)) == 0).nonzero().flatten().tolist()
    if empty:
        names = listed([repr(classes[index]) for index in empty])
        raise DataError(
            f"each class needs a training image, got none for {len(empty)} of {len(classes)} "
            f"classes: {names}. Add images, or remove the class."
        )


def _log_sentences(images: LabelledImages) -> None:
    for detail in images.details:
        _log_once(logging.INFO, detail)
    for note in images.notes:
        _log_once(logging.WARNING, note)


def _refuse_one_image(images: LabelledImages) -> None:
    """Refuse data in which every image is the same."""
    first = images.images[0]
    if (
        len(images) > 1
        and torch.equal(first, images.images[-1])  # false at once for most data
        and bool((images.images == first).all())
    ):
        low, high = int(first.min()), int(first.max())
        raise DataError(
            f"all {len(images):,} training images are the same (pixels from {low} to {high}), so "
            "there is nothing to learn. Look at the files; black shapes on transparency need "
            "data.source.background=white (image_folder)."
        )


@functools.cache  # once per process: both splits, and many runs, may have the same source
def _log_once(level: int, sentence: str) -> None:
    _log.log(level, "%s", sentence)


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
        # In chunks, because bincount uses eight bytes per pixel.
        chunks = channel.split(HISTOGRAM_CHUNK_IMAGES)
        counts = sum(torch.bincount(chunk.flatten(), minlength=256) for chunk in chunks)
        assert isinstance(counts, Tensor)
        share = counts.double() / counts.sum()
        mean = (share * levels).sum()
        std = (share * (levels - mean) ** 2).sum().sqrt()
        means.append(mean)
        stds.append(std if std > 0 else torch.ones(()))
    return torch.stack(means).float(), torch.stack(stds).float()
