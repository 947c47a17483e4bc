"""What an analysis publishes in the dashboard."""

import io

import pytest
from hydra import compose, initialize_config_dir
from optuna_dashboard import get_note, save_note
from optuna_dashboard.artifact._backend import list_trial_artifacts
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import analyze
from hydra_tailor.storage.opening import storage_url
from hydra_tailor.study.stored import open_study
from tailor import names
from tailor.errors import ConfigError
from tests.studies import CONF

pytestmark = pytest.mark.slow


def run(*overrides):
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=["points=60", *overrides]))
    console = Console(record=True, file=io.StringIO())
    analyze(config, console)
    return console.export_text()


def artifacts_of(number):
    study = open_study(storage_url())
    attrs = study._storage.get_study_system_attrs(study._study_id)
    return list_trial_artifacts(attrs, {}, study.trials[number])


def test_the_result_and_the_test_pictures_are_published_once(workplace):
    study = open_study(storage_url())
    save_note(study, "## The search\n\n- data: digits\n")
    run("trial=0")
    run("trial=0")
    note = get_note(study)
    first, heading, result = note.partition("## Result of the analysis")
    assert first == "## The search\n\n- data: digits\n\n"
    lines = result.strip().splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("- trial 0, ")
    assert "on 360 images of digits" in lines[1]
    report = workplace / "multirun" / "digits-cnn" / "analysis" / "report.html"
    assert str(report.relative_to(workplace)) in lines[4]
    assert report.exists()
    artifacts = artifacts_of(0)
    assert sorted(artifact["filename"] for artifact in artifacts) == [
        names.TEST_CONFUSION_PICTURE,
        names.TEST_F1_PICTURE,
    ]
    pictures = workplace / "multirun" / "pictures"
    assert {file.name for file in pictures.iterdir()} == {
        artifact["artifact_id"] for artifact in artifacts
    }
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures.iterdir())


def test_another_trial_replaces_the_note_and_has_its_own_pictures(workplace):
    run("trial=0")
    run("trial=1")
    note = get_note(open_study(storage_url()))
    assert "- trial 1, " in note
    assert "trial 0, " not in note
    assert len(artifacts_of(0)) == len(artifacts_of(1)) == 2


def test_publishing_can_be_disabled(workplace):
    run("pictures=false", "trial=0")
    assert get_note(open_study(storage_url())) == ""
    assert not (workplace / "multirun" / "pictures").exists()


def test_an_unusable_folder_is_reported_and_the_analysis_is_written(workplace):
    (workplace / "taken").touch()
    output = run("pictures=taken", "trial=0")
    assert "the dashboard was not updated with this analysis" in output
    assert (workplace / "multirun" / "digits-cnn" / "analysis" / "report.pdf").exists()


def test_an_invalid_folder_is_rejected(workplace):
    with pytest.raises(ConfigError, match="`pictures` must be the path of a folder, or false"):
        run("pictures=3")
