"""The files and the report of a complete analysis."""

import json
import re
import shutil
import subprocess

import pytest
import typst
from hydra import compose, initialize_config_dir
from rich.console import Console

from analysis.commands import config as schema
from analysis.commands.analyze import analyze
from tests.studies import CONF

OVERRIDES = [
    "retrain=2",
    "points=60",
    "report.title=Ten digits",
    "report.author=A. Author",
    "report.date=1 May 2026",
    "report.markdown=true",
]


@pytest.fixture(scope="module")
def analysed(finished_study, tmp_path_factory):
    """An analysis with two retrained runs, shared by the tests here, which only read it."""
    root = tmp_path_factory.mktemp("analysed")
    shutil.copytree(finished_study / "multirun", root / "multirun")
    schema.register()
    with initialize_config_dir(config_dir=str(CONF)):
        config = schema.analyze_config(compose("analyze", overrides=OVERRIDES))
    (root / "multirun" / "digits-cnn" / "notes.md").write_text("# Data\nA word of mine.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("TAILOR_STORAGE", raising=False)
        return root / analyze(config, Console(quiet=True)).directory


def test_every_figure_is_written_as_png_and_svg(analysed):
    pictures = {path.stem for path in (analysed / "figures").glob("*.png")}
    vectors = {path.stem for path in (analysed / "figures").glob("*.svg")}
    assert pictures == vectors
    assert pictures >= {
        "architecture",
        "confusion_matrix",
        "cost",
        "curves",
        "effects",
        "embedding",
        "f1",
        "gallery",
        "history",
        "learning_curves",
        "mean_images",
        "occlusion",
        "parallel",
        "reliability",
        "roc_pr",
    }


def test_the_pdf_has_its_pages_and_results(analysed):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    done = subprocess.run(
        ["pdftotext", "-layout", str(analysed / "report.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    metrics = json.loads((analysed / "metrics.json").read_text())
    assert 6 <= done.stdout.count("\f") <= 12
    text = re.sub(r"\s+", " ", done.stdout)
    assert f"{100 * metrics['test']['accuracy']:.2f} %" in text
    assert f"The class with the lowest F1 is class {metrics['test']['lowest_f1_class']}:" in text
    assert metrics["head_arithmetic"].split(",")[0] in text
    assert "2 other seeds (1 and 2" in text
    assert "McNemar" in text
    assert text.startswith("Ten digits A. Author, 1 May 2026 ")
    assert "A word of mine." in text


def test_the_source_and_the_markdown_lie_beside_the_pdf(analysed):
    made = (analysed / "report.pdf").read_bytes()
    typst.compile(analysed / "report.typ", output=analysed / "again.pdf")
    assert len((analysed / "again.pdf").read_bytes()) == pytest.approx(len(made), rel=0.01)
    (analysed / "again.pdf").unlink()
    text = (analysed / "report.md").read_text()
    for picture in re.findall(r"\]\((.*\.png)\)", text):
        assert (analysed / picture).exists()
    assert "A word of mine." in text


def test_the_page_has_every_figure_and_no_external_links(analysed):
    page = (analysed / "report.html").read_text()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', markup) == []
    captions = len(re.findall("<figcaption>", markup))
    assert captions == len(list((analysed / "figures").glob("*.svg")))


def test_retrained_accuracies_and_runs_are_stored(analysed):
    retrained = json.loads((analysed / "metrics.json").read_text())["retrained"]
    assert retrained["seeds"] == [1, 2]
    assert all(0.5 < accuracy <= 1 for accuracy in retrained["accuracies"])
    runs = list((analysed.parent / "retrained").rglob("last.pt"))
    assert len(runs) == 2
