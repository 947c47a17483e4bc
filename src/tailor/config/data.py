"""The keys of `data`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from hydra_tailor.bounds import ClosedSettings, bounded, one_of, ruled
from hydra_tailor.instantiate import TARGET_RULE, is_target


@dataclass
class DataConfig(ClosedSettings):
    KEY: ClassVar[str] = "data"

    name: str = MISSING
    """Name of the dataset; part of a study's default name."""
    root: str | None = None
    """Directory that contains the dataset's own directory; may be read-only."""
    val_fraction: float = bounded(above=0, below=1)
    """Share of the training images held back to rank trials."""
    split_seed: int = bounded(at_least=0, below=2**32)
    """Seed of the split into training and validation."""
    stratify: bool = True
    """Whether both sides keep the class proportions; false is scikit-learn's plain split."""
    subset: int | None = bounded(None, at_least=1, or_null=True)
    """Training images to keep before the split, drawn with `split_seed`; null keeps all."""
    on_error: str = one_of(("raise", "skip"), default="raise")
    """`raise` stops at an unreadable image, `skip` leaves it out and logs it."""
    source: Any = ruled(TARGET_RULE, is_target)
    """`_target_` and arguments of a function that also takes `split` (`train` or `test`) and
    returns a `tailor.data.LabelledImages`."""

    def without_root(self) -> dict[str, Any]:
        """The settings that the images depend on: all but the directory of their files."""
        source = {key: value for key, value in self.source.items() if key != "root"}
        content = {**asdict(self), "source": source}
        del content["root"]
        return content
