"""Retraining on training and validation images together."""

import torch

from analysis.further_runs.retraining import retrain
from analysis.read.restored import Restored
from analysis.read.run_files import read_history
from tailor.config import run_config
from tailor.data import load, load_test
from tests.studies import composed


def test_retraining_ignores_patience(tmp_path):
    """With a tiny learning rate nothing improves after the first epoch, but all epochs run."""
    params = {"training.epochs": 3, "optimizer.lr": 1e-30}
    fixed = ["training.patience=1", "model.norm=none", "model.num_layers=1", "model.neurons=4"]
    # The device of the trial is missing here: that of the analysis is used.
    fixed += ["training.device=cuda:99"]
    config = run_config(composed("s", params, fixed=fixed))
    restored = Restored(
        trial=None,
        config=config,
        test_data=config.data,
        splits=load(config.data),
        model=None,
        normalise=None,
        device=torch.device("cpu"),
    )
    retrained = retrain(restored, load_test(config.data), 1, tmp_path, lambda line: None)
    assert retrained.seeds == (config.seed + 1,)
    assert len(read_history(tmp_path / str(config.seed + 1))) == 3
    assert config.training.patience == 1
