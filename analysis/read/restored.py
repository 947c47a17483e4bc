"""A trial brought back: its config, its data, its network, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import nn

from analysis.read.predictions import Evaluation, evaluate
from analysis.read.study import Trial
from hydra_tailor.bounds import problems_of
from hydra_tailor.jobs import remote
from tailor import names
from tailor.config import DataConfig, RunConfig
from tailor.data import DataSplits, LabelledImages, load, load_test
from tailor.data.batches import Normalise
from tailor.errors import ConfigError, DataError, StudyError
from tailor.training import restore
from tailor.training.checkpoint import read_run_config


@dataclass(frozen=True)
class Restored:
    """What a trial needs to look at images again.

    Attributes:
        test_data: config of the data to test on; the trial's own (`config.data` itself) unless
            another was asked for.
    """

    trial: Trial
    config: RunConfig
    test_data: DataConfig
    splits: DataSplits
    model: nn.Module
    normalise: Normalise
    device: torch.device

    @property
    def classes(self) -> tuple[str, ...]:
        return self.splits.train.classes

    @property
    def tests_its_own(self) -> bool:
        """Whether it is tested on the test split of the data that it learnt from."""
        return self.test_data is self.config.data

    def evaluate(self, images: LabelledImages, *, with_features: bool = False) -> Evaluation:
        """Ask the network about a whole split."""
        return evaluate(
            self.model, images, self.normalise, self.device, with_features=with_features
        )

    def load_test(self) -> LabelledImages:
        """Read the test split.

        Raises:
            DataError: it does not have the shape, or the number of classes, of the training data.
        """
        test, train = load_test(self.test_data), self.splits.train
        if (test.shape, len(test.classes)) != (train.shape, len(train.classes)):
            raise DataError(
                f"trial {self.trial.number} was trained on {len(train.classes)} classes of images "
                f"of shape {list(train.shape)} ({self.config.data.name}), and "
                f"{self.test_data.name} has {len(test.classes)} of shape {list(test.shape)}. "
                "Choose data of the same form, or leave `data` out."
            )
        return test


def restore_trial(trial: Trial, device: torch.device, data: Any = None) -> Restored:
    """Bring a trial back with its best weights.

    Args:
        data: a data config beside the trial's own, see `configs_of`.

    Raises:
        StudyError: the trial has no run directory or no `best.pt`, here or at its URL.
        DataError: its dataset cannot be read.
    """
    _fetch_weights(trial)
    config, test_data = configs_of(trial, data)
    try:
        splits = load(config.data)
    except DataError as error:
        raise DataError(f"{error}{_only_tested_on(config.data, test_data)}") from error
    model = restore(trial.directory, config, splits).to(device)
    return Restored(
        trial=trial,
        config=config,
        test_data=test_data,
        splits=splits,
        model=model,
        normalise=Normalise(splits.mean, splits.std, device=device),
        device=device,
    )


def configs_of(trial: Trial, data: Any = None) -> tuple[RunConfig, DataConfig]:
    """Return a trial's config, and that of the data to test on: its own, or `data`.

    Data of the same name and source, but for `root`, are the trial's own files at a new place:
    they are learnt from and tested on. Any other data are tested on alone.

    Raises:
        StudyError: the trial has no run directory.
    """
    config = read_run_config(trial.directory)
    if data is None:
        return config, config.data
    other = data_config(data)
    if (other.name, _but_root(other)) != (config.data.name, _but_root(config.data)):
        return config, other
    config.data.root, config.data.source = other.root, other.source
    return config, config.data


def _only_tested_on(own: DataConfig, other: DataConfig) -> str:
    """Why data that bear the trial's name did not stand for its own, whose files are gone."""
    if other is own or other.name != own.name:
        return ""
    mine, theirs = _but_root(own), _but_root(other)
    differing = [
        f"data.source.{key}={theirs.get(key)}, where the trial has {mine.get(key)}"
        for key in sorted({*mine, *theirs})
        if mine.get(key) != theirs.get(key)
    ]
    return (
        f" The data given are another source, to be tested on only ({'; '.join(differing)}). "
        "Where the trial's own files have moved, repeat its settings of data.source and give "
        "data.root."
    )


def _but_root(data: DataConfig) -> dict[str, Any]:
    return {key: value for key, value in data.source.items() if key != "root"}


def _fetch_weights(trial: Trial) -> None:
    """Fetch the weights of a trial whose files are a copy."""
    if trial.results_url is not None and not (trial.directory / names.BEST_FILE).exists():
        remote.fetch({trial.results_url: trial.directory}, [names.BEST_FILE])
    if not trial.directory.exists():
        raise StudyError(
            f"the run directory of trial {trial.number}, {trial.directory}, is not on this host. "
            "Run the analysis on the host that ran the trial, bring the directory here, or let a "
            f"search copy its results to where every host finds them: {remote.KEY}=URL."
        )


def data_config(data: Any) -> DataConfig:
    """Check what `data=...` composed."""
    checked = data
    if not isinstance(data, DataConfig):
        merged = OmegaConf.merge(OmegaConf.structured(DataConfig), data)
        checked = OmegaConf.to_object(merged)
    assert isinstance(checked, DataConfig)
    if problems := problems_of(checked, "data"):
        raise ConfigError("; ".join(problems) + ".")
    return checked
