"""Which data a trial is restored with and tested on."""

import json
import shlex
from types import SimpleNamespace

import pytest
import torch
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf, open_dict

from analysis.read.restored import configs_of, restore_trial
from tailor import names
from tailor.config import DataConfig
from tailor.data import load
from tailor.errors import DataError, StudyError
from tests.datasets import random_images, write_csv
from tests.studies import composed

SOURCE = {
    "_target_": "tailor.data.csv",
    "train": "a.csv",
    "test": "b.csv",
    **dict.fromkeys(("label", "header", "shape", "classes")),
    "delimiter": ",",
    "scale": 1,
    "test_fraction": 0.2,
    "test_seed": 13,
    "on_error": "raise",
}


def csv_data(root="/old", name="csv", **source):
    return DataConfig(
        name=name,
        root=root,
        val_fraction=0.2,
        split_seed=13,
        source={**SOURCE, "root": root, **source},
    )


@pytest.fixture
def trial(tmp_path):
    config = composed("s", {})
    with open_dict(config):
        config.data = OmegaConf.structured(csv_data())
    (tmp_path / names.HYDRA_DIR).mkdir()
    OmegaConf.save(config, tmp_path / names.HYDRA_DIR / names.CONFIG_FILE)
    return SimpleNamespace(number=3, directory=tmp_path, results_url=None)


def test_the_trial_s_own_data_are_the_default(trial):
    config, tested = configs_of(trial)
    assert tested is config.data
    assert config.data.root == "/old"


def test_moved_files_are_used_for_training_and_testing(trial):
    config, tested = configs_of(trial, csv_data("/new"))
    assert tested is config.data
    assert (config.data.root, config.data.source["root"]) == ("/new", "/new")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(csv_data(test="c.csv"), id="another file"),
        pytest.param(csv_data("/new", test="c.csv"), id="another file elsewhere"),
        pytest.param(csv_data("/new", name="mine"), id="another name"),
    ],
)
def test_other_data_are_used_for_testing_only(trial, other):
    config, tested = configs_of(trial, other)
    assert tested is not config.data
    assert config.data.source["root"] == "/old"
    assert tested.source == other.source


def test_the_error_for_missing_files_names_the_settings_that_differ(trial):
    with pytest.raises(DataError, match=r"no file /old/a\.csv") as caught:
        restore_trial(trial, torch.device("cpu"), csv_data("/new", train="c.csv"))
    assert "data.source.train=c.csv, where the trial has a.csv" in str(caught.value)
    with pytest.raises(DataError, match=r"part of the training file\. If the files") as caught:
        restore_trial(trial, torch.device("cpu"))
    advised = shlex.split(str(caught.value).partition("an analysis needs: ")[2])
    assert advised[:2] == ["data=csv", "data.root=NEW_PLACE"]
    given = OverridesParser.create().parse_overrides(advised[2:])
    source = {"_target_": "tailor.data.csv", "root": "/old"}
    source |= {each.key_or_group.rpartition(".")[2]: each.value() for each in given}
    assert source == configs_of(trial)[0].data.source  # all of it, or it would be other data


def test_images_that_have_changed_since_the_training_are_named(
    trial, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "cache"))
    images, targets = random_images(40, (8, 8), num_classes=2)
    for name in ("a.csv", "b.csv"):
        write_csv(tmp_path / name, images, targets)
    data = csv_data(str(tmp_path))
    checksum = load(configs_of(trial, data)[1]).checksum
    for trained_on, warned in ((checksum, False), ("0123", True)):
        (tmp_path / names.RESULT_FILE).write_text(json.dumps({"data": trained_on}))
        with pytest.raises(StudyError, match=r"has no best\.pt"):
            restore_trial(trial, torch.device("cpu"), data)
        assert (f"has now (checksum 0123, now {checksum})" in caplog.text) is warned
