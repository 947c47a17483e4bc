"""The classroom brief in a small form: its search, its analysis, and what is handed in."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands import run

pytestmark = pytest.mark.slow

MAX_EMPTY = 0.2
"""The highest empty band of a page, as a part of the page's height."""
WHITE = 245
DPI = 40


@pytest.fixture(scope="module")
def handed_in(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the analysis."""
    place = tmp_path_factory.mktemp("brief")
    train = str(root / "src" / "train.py")
    small = ["data=digits", "hydra.sweeper.n_trials=4", "hydra.sweeper.epoch_budget=60"]
    run(root, place, train, "-m", "search=brief", *small)
    named = ["report.author=A. Student", "report.course=Networks"]
    run(root, place, "-m", "analysis", "budgets=true", *named)
    return place / "multirun" / "digits-cnn-brief" / "analysis"


@pytest.fixture(scope="module")
def words(handed_in: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    read = ["pdftotext", "-layout", str(handed_in / "report.pdf"), "-"]
    printed = subprocess.run(read, capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", printed)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(r"A\. Student, Networks", id="who"),
        pytest.param(r"Convolutional layers [235]\b", id="how many layers"),
        pytest.param(r"Padding yes, preserves", id="padding"),
        pytest.param(r"Inputs of the last layer \d+ \(", id="inputs of the last layer"),
        pytest.param(r"Goals reached 90 %: (yes|no); 95 %: (yes|no)", id="goals"),
        pytest.param(r"Lowest F1 .*?0\.\d{3}", id="lowest F1"),
        pytest.param(r"The hardest class: \d", id="the hardest class"),
        pytest.param(
            r"10 epochs reach \d.*20 epochs reach \d.*50 epochs reach \d", id="epoch budgets"
        ),
        pytest.param(r"confus", id="confusions"),
    ],
)
def test_the_questions_of_the_brief_have_answers(words: str, answer: str) -> None:
    assert re.search(answer, words), words


def test_every_budget_was_trained(handed_in: Path) -> None:
    [trial] = (handed_in.parent / "budgets").iterdir()
    trained = {
        path.parent.name: json.loads(path.read_text()) for path in trial.glob("*/result.json")
    }
    assert set(trained) == {"10", "20", "50"}


def test_no_page_but_the_last_is_more_than_a_fifth_empty(handed_in: Path, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    pages = ["pdftoppm", "-r", str(DPI), "-gray", str(handed_in / "report.pdf"), tmp_path / "page"]
    subprocess.run(pages, check=True)
    drawn = [np.asarray(Image.open(path)) < WHITE for path in sorted(tmp_path.glob("page-*"))]
    assert len(drawn) > 5
    empty = [float(np.diff(np.flatnonzero(page.any(axis=1))).max() / len(page)) for page in drawn]
    assert max(empty[:-1]) <= MAX_EMPTY, empty
