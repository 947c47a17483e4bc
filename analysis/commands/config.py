"""The schema of `conf/analyze.yaml`: types and bounds of its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from hydra_tailor.bounds import ClosedSettings, bounded, broken, is_whole, problems_of, ruled
from tailor import config as schema
from tailor.config.training import DEVICE_RULE, is_device
from tailor.errors import ConfigError

BEST = "best"


def _is_trial(value: Any) -> bool:
    return value == BEST or (is_whole(value) and value >= 0)


@dataclass
class ReportConfig(ClosedSettings):
    """The texts of the report's title page, and the report's formats."""

    title: str | None = None
    """null: the kind of report and the name of the data."""
    author: str | None = None
    """One name, or several in one text: `A. Author and B. Author`."""
    course: str | None = None
    date: str | None = None
    """null: today."""
    markdown: bool = MISSING
    """Write `report.md` as well."""


@dataclass
class AnalyzeConfig(ClosedSettings):
    study: str | None = MISSING
    """Name of the study; null selects the one with the most recently started trial."""
    run: str | None = MISSING
    """Directory of a single run to analyse instead of a trial; null: a trial."""
    trial: Any = ruled("`best` or a trial's number", _is_trial)
    """`best`, or a trial's number."""
    retrain: int = bounded(at_least=0)
    """Number of runs that retrain the config on train + validation, each with another seed."""
    budgets: bool = MISSING
    """Train the config with several numbers of epochs, to compare runs that differ only in
    these."""
    against: str | None = MISSING
    """Name of a study, whose best trial is compared with the analysed one, or directory of a
    run."""
    device: str = ruled(DEVICE_RULE, is_device)
    top: int = bounded(at_least=1)
    """Number of trials in the table, and of trials that the analysed one is compared with."""
    bins: int = bounded(at_least=2)
    """Number of bins in the reliability diagram."""
    neighbours: int = bounded(at_least=1)
    """Number of nearest neighbours per image in feature space."""
    points: int = bounded(at_least=50)
    """Number of test images in the embedding."""
    seed: int = bounded(at_least=0, below=2**32)
    pictures: Any = ruled(schema.FOLDER_RULE, schema.is_folder)
    """Folder of the trials' pictures; with false, the dashboard is not updated."""
    report: ReportConfig = MISSING
    data: Any = None
    """Config of the data to test on; null uses the trial's own."""

    def conflicts(self) -> list[str]:
        """Sentences about settings that exclude each other."""
        if self.run is None:
            return []
        of_studies = {"study": (self.study, None), "trial": (self.trial, BEST)}
        return [
            broken(key, "left out beside `run`, which is no trial of a study", value)
            for key, (value, default) in of_studies.items()
            if value != default
        ]

    def __post_init__(self) -> None:
        if problems := problems_of(self):
            raise ConfigError("; ".join(problems) + ".")


def analyze_config(config: DictConfig) -> AnalyzeConfig:
    """Check a composed config.

    Raises:
        ConfigError: values are out of bounds; the message names all of them.
    """
    checked = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(AnalyzeConfig), config))
    assert isinstance(checked, AnalyzeConfig)
    return checked


def register() -> None:
    """Register the schema with Hydra; call before composing."""
    schema.register()  # the configs of data/ are based on it
    ConfigStore.instance().store(name="analyze_schema", node=AnalyzeConfig, replace=True)
