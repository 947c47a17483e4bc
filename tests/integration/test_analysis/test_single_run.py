"""`run=DIRECTORY`: a report of one run, which claims nothing about a search."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from analysis.commands.analyze import analyze
from analysis.commands.arguments import composed
from tailor import names
from tailor.errors import ConfigError, StudyError


@pytest.fixture
def run(workplace: Path) -> Path:
    """A finished trial in a place of its own, without its study."""
    first = sorted(path.parent for path in workplace.rglob(names.BEST_FILE))[0]
    directory = workplace / "outputs" / "one"
    shutil.copytree(first, directory)
    shutil.rmtree(workplace / "multirun")
    return directory


def test_a_run_has_a_report_of_its_own(run: Path) -> None:
    written = analyze(composed(["run=outputs/one", "device=cpu"]), Console(quiet=True))
    assert written.directory == Path("outputs/one") / names.ANALYSIS_DIR
    assert (written.directory / "report.pdf").is_file()
    assert written.document.title == "Single run on digits"
    page = (written.directory / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert "one run, in outputs/one" in words
    assert "The run did not read the test split; this analysis does." in words
    assert "python -m analysis run=outputs/one retrain=5" in words
    assert not re.search(r"\btrials?\b", words)
    assert "best configuration" not in words


def test_a_run_that_did_not_end_is_refused_with_what_to_type(run: Path) -> None:
    (run / names.RESULT_FILE).unlink()
    with pytest.raises(StudyError, match="did not come to its end.*hydra.run.dir=outputs/one"):
        analyze(composed(["run=outputs/one"]), Console(quiet=True))


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("trial=3", "`trial` must be left out beside `run`"),
        ("study=s", "`study` must be left out beside `run`"),
    ],
)
def test_what_belongs_to_a_study_is_refused(typed: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        composed(["run=outputs/one", typed])


def test_a_wrong_directory(workplace: Path) -> None:
    with pytest.raises(StudyError, match="got nowhere, which does not exist"):
        analyze(composed(["run=nowhere"]), Console(quiet=True))
