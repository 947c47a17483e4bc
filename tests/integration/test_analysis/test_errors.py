"""Errors have clear messages, and nothing is written."""

import pytest
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import analyze
from tailor.errors import ConfigError, StudyError
from tests.studies import CONF


def analyse(*overrides):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=list(overrides)))
    return analyze(config, Console(quiet=True)).directory


@pytest.mark.parametrize(
    ("override", "message"),
    [
        pytest.param("trial=99", "has no trial 99: its trials have .* 0 to 7", id="no such trial"),
        pytest.param("trial=7", "trial 7 .* failed .training diverged", id="failed trial"),
        pytest.param("study=other", "no study 'other' .* exist: digits-cnn", id="no such study"),
    ],
)
def test_a_wrong_trial_or_study_is_reported(workplace, override, message):
    with pytest.raises(StudyError, match=message):
        analyse(override)
    assert not list((workplace / "multirun" / "digits-cnn").glob("*analysis*"))


@pytest.mark.parametrize("override", ["trial=worst", "retrain=-1", "bins=1"])
def test_a_value_out_of_bounds_is_named(override):
    key, _, value = override.partition("=")
    with pytest.raises(ConfigError, match=f"`{key}` must be .*{value}"):
        analyse(override)


def test_a_study_against_itself(workplace):
    with pytest.raises(ConfigError, match="`against` must name another study"):
        analyse("against=digits-cnn")
    with pytest.raises(StudyError, match="no study 'other'"):
        analyse("against=other")


def test_a_device_that_is_not_here(workplace):
    with pytest.raises(ConfigError, match="`device` must name a device of this machine"):
        analyse("device=cuda:99")


def test_a_missing_checkpoint_leaves_the_previous_analysis_whole(workplace):
    study = workplace / "multirun" / "digits-cnn"
    (study / "analysis").mkdir()
    (study / "analysis" / "earlier").touch()
    (study / "1" / "best.pt").unlink()
    with pytest.raises(StudyError, match="has no best.pt"):
        analyse("trial=1")
    assert [path.name for path in (study / "analysis").iterdir()] == ["earlier"]
    assert not list(study.glob(".analysis*"))


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        pytest.param("sqlite:///nowhere.db", "there is no storage .*src/train.py -m", id="file"),
        pytest.param("journal:///x", "cannot be reached", id="scheme"),
    ],
)
def test_a_storage_that_is_not_there(tmp_path, monkeypatch, storage, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAILOR_STORAGE", storage)
    with pytest.raises(StudyError, match=message):
        analyse()
