"""The section about the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.measure.findings import Findings
from analysis.wording import counted, dataset_name, listed, number


def images(findings: Findings) -> str:
    """Size, classes, splits and normalisation of the images."""
    config, sizes = findings.config.data, findings.sizes
    shape = " x ".join(str(side) for side in findings.in_shape)
    subset = (
        f" Only {counted(config.subset, 'image')} of the training split were used."
        if config.subset
        else ""
    )
    ranked = "epochs" if findings.view.is_single_run else "epochs and trials"
    kept = ", with the same share of each class" if config.stratify else ""
    return (
        f"The images of {dataset_name(config.name)} have {shape} values (channels, height, "
        f"width) and {counted(len(findings.class_sizes), 'class', 'classes')}.{subset} "
        f"{sizes['training']:,} images train the network. {sizes['validation']:,} images rank "
        f"{ranked}; they were separated from the training split with seed "
        f"{config.split_seed}{kept}. {sizes['test']:,} test images give the results of this "
        f"report{_tested_on(findings)}. Values from 0 to 255 are normalised by the mean "
        f"{_channels(findings.pixel_mean)} and the standard deviation "
        f"{_channels(findings.pixel_std)} of the training images."
    )


def _tested_on(findings: Findings) -> str:
    return f"; they are those of {dataset_name(findings.test_name)}" if findings.test_name else ""


def _channels(values: Sequence[float]) -> str:
    return listed([f"{value:.2f}" for value in values])


def augmentation(findings: Findings) -> str:
    """The augmentation of training images in each epoch."""
    steps = findings.config.augmentation
    if not steps:
        return "Training images are not augmented."
    named = [f"{name}{_options(step)}" for name, step in steps.items()]
    return (
        f"Training images are changed at random in every epoch: {listed(named)}. Validation and "
        "test images are not."
    )


def _options(step: Mapping[str, Any]) -> str:
    options = [f"{key} {_value(value)}" for key, value in step.items() if key != "_target_"]
    return f" ({', '.join(options)})" if options else ""


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " to ".join(number(item) for item in value)
    return number(value)
