"""How numbers and lists are put into words, the same way in every sentence and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def percent(fraction: float, digits: int = 1) -> str:
    return f"{100 * fraction:.{digits}f} %"


def points(fraction: float, digits: int = 1) -> str:
    """A difference of two shares."""
    return f"{100 * fraction:.{digits}f} percentage points"


def number(value: Any) -> str:
    """A parameter's value: four significant digits of a float, thousands parted in an int."""
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


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


SHORT = {
    "training.epochs": "epochs",
    "optimizer.lr": "learning rate",
    "model.num_layers": "layers",
    "model.neurons": "neurons",
    "training.batch_size": "batch size",
    "optimizer.weight_decay": "weight decay",
    "val_accuracy": "validation accuracy",
    "val_loss": "validation loss",
    "seconds": "seconds",
    "parameters": "parameters",
}


def short(key: str) -> str:
    """A config key in a reader's words; an unknown one by its last part."""
    return SHORT.get(key, key.rpartition(".")[2].replace("_", " "))


def objective_value(objective: str, value: float) -> str:
    if objective == "val_accuracy":
        return percent(value, 2)
    return number(int(value)) if objective == "parameters" else f"{value:.4g}"


def class_name(name: str) -> str:
    """A class's name within a sentence: one without a letter in it would be read as a number."""
    return name if any(letter.isalpha() for letter in name) else f"class {name}"


def probability_value(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
