"""Formatting of numbers, lists and parameter names, shared by all sentences and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hydra_tailor.flat import flat
from tailor.config import RunConfig


def percent(fraction: float, digits: int = 1) -> str:
    return f"{100 * fraction:.{digits}f} %"


def points(fraction: float, digits: int = 1) -> str:
    """A difference of two fractions."""
    return f"{100 * fraction:.{digits}f} percentage points"


def number(value: Any) -> str:
    """A parameter's value: floats with four significant digits, ints with thousands separators.

    A searched list, which the study keeps as the text `['flip','erase']`, reads `[flip, erase]`.
    """
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return re.sub(r",\s*", ", ", text.replace("'", "")) if text.startswith(("[", "{")) else text


def listed(items: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 image`, `2,000 images`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


SHORT_NAMES = {
    "training.epochs": "epochs",
    "optimizer.lr": "learning rate",
    "model.num_layers": "layers",
    "model.neurons": "neurons",
    "training.batch_size": "batch size",
    "optimizer.weight_decay": "weight decay",
    "augment.flip.p": "flip probability",
    "augment.erase.p": "erase probability",
    "val_accuracy": "validation accuracy",
    "val_loss": "validation loss",
    "seconds": "seconds",
    "parameters": "parameters",
}
COUNTS = ("training.epochs", "model.num_layers", "model.neurons")
"""Parameters whose short name is the plural of what they count."""


def short(key: str) -> str:
    """A readable name of a config key; for an unknown key, its parts after the section.

    So options of two steps of a section, `augment.mixup.alpha` and `augment.cutmix.alpha`, differ.
    """
    name = key.partition(".")[2] or key
    return SHORT_NAMES.get(key, name.replace("_", " ").replace(".", " "))


def parameter(key: str) -> str:
    """A parameter as the subject of a sentence: `the number of layers`, `the learning rate`."""
    return f"the number of {short(key)}" if key in COUNTS else f"the {short(key)}"


def setting(key: str, value: Any) -> str:
    """A parameter's value with its noun where it counts something: `2 epochs`, `0.05`."""
    if key not in COUNTS:
        return number(value)
    noun = short(key)
    return f"{number(value)} {noun.removesuffix('s') if value == 1 else noun}"


def objective_value(objective: str, value: float) -> str:
    if objective == "val_accuracy":
        return percent(value, 2)
    return number(int(value)) if objective == "parameters" else f"{value:.4g}"


def objective_difference(objective: str, value: float) -> str:
    """A difference, a deviation or a margin of values of an objective."""
    return points(value, 2) if objective == "val_accuracy" else objective_value(objective, value)


DATASET_NAMES = {
    "fashion_mnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "kmnist": "Kuzushiji-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
}


def dataset_name(name: str) -> str:
    """The usual spelling of a dataset's name; an unknown name is unchanged."""
    return DATASET_NAMES.get(name, name)


def class_name(name: str) -> str:
    """A class's name within a sentence: `class 3`, so that a name of digits is not a number."""
    return name if any(letter.isalpha() for letter in name) else f"class {name}"


def class_names(names: Sequence[str], total: int) -> str:
    """Up to three classes by name, or `158 of 200 classes`."""
    if len(names) > 3:
        return f"{len(names):,} of {total:,} classes"
    return listed([class_name(name) for name in names])


def probability_value(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def all_settings(config: RunConfig) -> dict[str, Any]:
    """The value of each setting of a run, by its key as it is typed on the command line.

    The root of the data is left out: it locates the files and does not affect results.
    """
    content = asdict(config)
    content["augment"] = config.augment or "none"  # the option without any step
    content["data"] = config.data.without_root()
    return {
        key: value for key, value in flat(content).items() if key.rpartition(".")[2] != "_partial_"
    }
