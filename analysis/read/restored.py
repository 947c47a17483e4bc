"""A restored trial: its config, its data and its network with the best weights."""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import nn

from analysis.read.predictions import Evaluation, evaluate
from analysis.read.run_files import read_result
from analysis.read.study import Trial
from hydra_tailor.bounds import config_errors, problems_of
from hydra_tailor.jobs import remote
from hydra_tailor.space.grammar import encode_bare
from tailor import names
from tailor.config import DataConfig, RunConfig
from tailor.data import DataSplits, LabelledImages, load, load_test
from tailor.data.batches import Normalise
from tailor.errors import ConfigError, DataError, StudyError
from tailor.training import restore
from tailor.training.stored_config import read_run_config

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Restored:
    """A trial that can evaluate images again.

    Attributes:
        test_data: config of the data to test on; `config.data` itself unless other data were
            requested.
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
    def on_own_test_split(self) -> bool:
        """Whether it is tested on the test split of the data that it was trained on."""
        return self.test_data is self.config.data

    def evaluate(self, images: LabelledImages, *, with_features: bool = False) -> Evaluation:
        """Evaluate the network on a whole split."""
        return evaluate(
            self.model, images, self.normalise, self.device, with_features=with_features
        )

    def load_test(self) -> LabelledImages:
        """Read the test split.

        Raises:
            DataError: its shape or number of classes differs from the training data.
        """
        test, train = load_test(self.test_data), self.splits.train
        if (test.shape, len(test.classes)) != (train.shape, len(train.classes)):
            raise DataError(
                f"trial {self.trial.number} was trained on {len(train.classes)} classes of images "
                f"of shape {list(train.shape)} ({self.config.data.name}), and "
                f"{self.test_data.name} has {len(test.classes)} of shape {list(test.shape)}. "
                "Choose data of the same form, or omit `data`."
            )
        return test


def restore_trial(trial: Trial, device: torch.device, data: Any = None) -> Restored:
    """Restore a trial with its best weights.

    Args:
        data: config of other data, see `configs_of`.

    Raises:
        StudyError: the trial has no run directory or no `best.pt`, on this host or at its URL.
        DataError: its dataset cannot be read.
    """
    _fetch_weights(trial)
    config, test_data = configs_of(trial, data)
    try:
        splits = load(config.data)
    except DataError as error:
        advice = (
            _how_to_relocate(config.data)
            if data is None
            else _why_not_relocated(config.data, test_data)
        )
        raise DataError(f"{error}{advice}") from error
    _warn_of_other_images(trial, config, splits)
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
    """Return a trial's config and the config of the data to test on.

    If `data` differs from the trial's data only in `root`, the files were moved: training and
    test data are read from there. Any other data are used for testing only.

    Raises:
        StudyError: the trial has no run directory.
    """
    config = read_run_config(trial.directory)
    if data is None:
        return config, config.data
    other = data_config(data)
    if (other.name, _source(other)) != (config.data.name, _source(config.data)):
        return config, other
    config.data.root, config.data.source = other.root, other.source
    return config, config.data


def _how_to_relocate(own: DataConfig) -> str:
    """What to type for a trial whose files were moved: its root is stored with the trial."""
    source = [
        shlex.quote(f"data.source.{key}={encode_bare(value)}")
        for key, value in _source(own).items()
        if not key.startswith("_")
    ]
    words = " ".join([f"data={own.name}", "data.root=NEW_PLACE", *source])
    return f" If the files of the trial were moved, an analysis needs: {words}"


def _why_not_relocated(own: DataConfig, other: DataConfig) -> str:
    """Why data of the same name do not replace the trial's own, whose files are missing."""
    if other is own or other.name != own.name:
        return ""
    own_source, other_source = _source(own), _source(other)
    differing = [
        f"data.source.{key}={other_source.get(key)}, where the trial has {own_source.get(key)}"
        for key in sorted({*own_source, *other_source})
        if own_source.get(key) != other_source.get(key)
    ]
    return (
        " The given data have another source, so they are used for testing only "
        f"({'; '.join(differing)}). If the trial's own files were moved, repeat its data.source "
        "and set data.root."
    )


def _source(data: DataConfig) -> dict[str, Any]:
    source: dict[str, Any] = data.without_root()["source"]
    return source


def _warn_of_other_images(trial: Trial, config: RunConfig, splits: DataSplits) -> None:
    """Warn unless a trial is analysed with the images that it was trained on."""
    trained_on = read_result(trial.directory).get("data") or splits.checksum
    if trained_on != splits.checksum:
        log.warning(
            "trial %d was trained on other images than data.root=%s has now (checksum %s, now "
            "%s): they have changed, or were read differently here. Every evaluation below is of "
            "the images as they are now.",
            trial.number,
            config.data.root,
            trained_on,
            splits.checksum,
        )


def _fetch_weights(trial: Trial) -> None:
    """Fetch the weights of a trial that ran on another host."""
    if trial.results_url is not None and not (trial.directory / names.BEST_FILE).exists():
        remote.fetch({trial.results_url: trial.directory}, [names.BEST_FILE])
    if not trial.directory.exists():
        raise StudyError(
            f"the run directory of trial {trial.number}, {trial.directory}, is not on this host: "
            "it was removed, moved, or is on the host that ran the trial. Move or copy it here, "
            "analyse another trial (trial=NUMBER), or search again: type the old command with "
            "study=NEW_NAME hydra.sweeper.learn_from=OLD_NAME, which begins with the old study's "
            f"best configurations. {remote.KEY}=URL copies results to where every host reads them."
        )


def data_config(data: Any) -> DataConfig:
    """Check the composed config of `data=...`."""
    checked = data
    if not isinstance(data, DataConfig):
        merged = OmegaConf.merge(OmegaConf.structured(DataConfig), data)
        with config_errors():
            checked = OmegaConf.to_object(merged)
    assert isinstance(checked, DataConfig)
    if problems := problems_of(checked, "data"):
        raise ConfigError("; ".join(problems) + ".")
    return checked
