"""The settings that select a study."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from analysis.notebook.analyze import settings_of
from analysis.notebook.fit import Run
from analysis.notebook.sweep import Search
from hydra_tailor.names import STORAGE_VARIABLE
from tailor.errors import ConfigError


@pytest.mark.parametrize("name", ["mine", "été", "模型", "it's", "a,b", "x=1", "1e3", "null"])
def test_a_studys_name_reads_back_from_the_grammar(name: str) -> None:
    (word,) = settings_of(name, [])
    assert OverridesParser.create().parse_override(word).value() == name


def test_a_run_is_selected_by_its_directory(tmp_path) -> None:
    (word,) = settings_of(Run(tmp_path, {}, ()), [])
    assert word == f"run={tmp_path}"


def test_a_search_in_another_storage_is_not_looked_up_in_the_default_one(monkeypatch) -> None:
    search = Search("mine", "sqlite:///other.db", ("val_accuracy",))
    monkeypatch.delenv(STORAGE_VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=f"other.db.*{STORAGE_VARIABLE}"):
        settings_of(search, [])
    monkeypatch.setenv(STORAGE_VARIABLE, search.storage)
    assert settings_of(search, []) == ["study=mine"]
