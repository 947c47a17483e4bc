"""The schema of `conf/analyze.yaml`: types and bounds of what an analysis can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from tailor import config as schema
from tailor.errors import ConfigError

BEST = "best"


@dataclass
class AnalyzeConfig:
    study: str | None = MISSING
    """Name of the study; None takes the one whose trial started last."""
    trial: Any = MISSING
    """`best`, or a trial's number."""
    retrain: int = MISSING
    """Runs of the best config on train + validation, each with another seed."""
    device: str = MISSING
    top: int = MISSING
    """Trials in the table."""
    bins: int = MISSING
    """Bins of the reliability diagram."""
    neighbours: int = MISSING
    """k of the nearest neighbours in feature space."""
    points: int = MISSING
    """Test images in the embedding."""
    seed: int = MISSING
    artifacts: Any = MISSING
    """Folder of the trials' pictures; false leaves the study's page in the dashboard as it is."""
    data: Any = None
    """Config of the data to test on; None takes the trial's own."""

    def __post_init__(self) -> None:
        counted = isinstance(self.trial, int) and not isinstance(self.trial, bool)
        problems = schema.problems_of(
            [
                (
                    "trial",
                    self.trial,
                    self.trial == BEST or (counted and self.trial >= 0),
                    "`best` or a trial's number",
                ),
                ("retrain", self.retrain, self.retrain >= 0, "0 or more"),
                ("top", self.top, self.top >= 1, "1 or more"),
                ("bins", self.bins, self.bins >= 2, "2 or more"),
                ("neighbours", self.neighbours, self.neighbours >= 1, "1 or more"),
                ("points", self.points, self.points >= 50, "50 or more"),
                (
                    "artifacts",
                    self.artifacts,
                    self.artifacts is False
                    or bool(isinstance(self.artifacts, str) and self.artifacts),
                    "the path of a folder, or false",
                ),
                ("seed", self.seed, 0 <= self.seed < 2**32, "in [0, 2^32)"),
            ]
        )
        if problems:
            raise ConfigError("; ".join(problems) + ".")


def analyze_config(config: DictConfig) -> AnalyzeConfig:
    """Check a composed config.

    Raises:
        ConfigError: one or more values are out of bounds; the message names them all.
    """
    checked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(AnalyzeConfig), config))
    assert isinstance(checked, AnalyzeConfig)
    return checked


def register() -> None:
    """Make the schema known to Hydra; call before composing."""
    schema.register()  # the groups of data/ start from it
    ConfigStore.instance().store(name="analyze_schema", node=AnalyzeConfig, replace=True)
