"""The keys of `data`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from tailor.config.checks import problems_of

ON_ERROR = ("raise", "skip")


@dataclass
class DataConfig:
    name: str = MISSING
    """Name of the dataset; part of a study's default name."""
    root: str | None = None
    """Directory that holds the dataset's own directory; may be read-only."""
    val_fraction: float = MISSING
    """Share of the training images held back to rank trials, in (0, 1)."""
    split_seed: int = MISSING
    """Seed of the stratified split into training and validation."""
    stratify: bool = True
    """Whether each class keeps its share on both sides; false is scikit-learn's plain split."""
    subset: int | None = None
    """Training images to keep before the split, drawn by `split_seed`; null keeps all."""
    on_error: str = "raise"
    """`raise` stops at images that cannot be read, `skip` leaves them out and names them."""
    source: Any = MISSING
    """`_target_` and arguments of a function that takes `split` (`train` or `test`) as well and
    returns a `tailor.data.LabelledImages`."""

    def problems(self) -> list[str]:
        return problems_of(
            [
                (
                    "data.val_fraction",
                    self.val_fraction,
                    0 < self.val_fraction < 1,
                    "a fraction above 0 and below 1",
                ),
                (
                    "data.split_seed",
                    self.split_seed,
                    0 <= self.split_seed < 2**32,
                    "in [0, 2^32)",
                ),
                (
                    "data.subset",
                    self.subset,
                    self.subset is None or self.subset >= 1,
                    "1 or more, or null",
                ),
                (
                    "data.on_error",
                    self.on_error,
                    self.on_error in ON_ERROR,
                    f"one of {', '.join(ON_ERROR)}",
                ),
            ]
        )
