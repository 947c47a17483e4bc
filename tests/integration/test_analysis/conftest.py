"""A finished study shared by all tests of a process; tests that write get a copy."""

import shutil

import pytest

from tests.studies import make_study


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    make_study(root)
    return root


@pytest.fixture
def workplace(finished_study, tmp_path, monkeypatch):
    """A working directory with a copy of the study."""
    shutil.copytree(finished_study / "multirun", tmp_path / "multirun")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)
    return tmp_path
