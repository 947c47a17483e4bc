"""The notebook in a real kernel, on a small form; and a cell that is interrupted."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "notebooks" / "fashion_mnist.ipynb"
SMALL = """
DATA = "data=digits"
SEARCH = [DATA, "search=quick", "hydra.sweeper.n_trials=3"]
STUDY = "small"
"""
LARGEST_BYTES = 1_500_000
"""Of the committed notebook with its outputs."""


def execute(notebook: nbformat.NotebookNode, directory: Path, **options: object) -> str:
    """Run all cells; return what they print."""
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(directory)}}, **options
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def outputs_of(notebook: nbformat.NotebookNode, source: str) -> list[nbformat.NotebookNode]:
    cell = next(cell for cell in notebook.cells if cell.source == source)
    return list(cell.outputs)


@pytest.fixture(autouse=True)
def _own_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)


def test_the_notebook_runs_from_data_to_conclusion(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    parameters[0].source = SMALL
    printed = execute(notebook, tmp_path)
    assert "study small: 3 complete of 3" in printed
    assert "run the same cell with hydra.sweeper.n_trials=6" in printed
    assert "\x1b[" not in printed
    assert (tmp_path / "multirun" / "small" / "analysis" / "report.pdf").exists()
    [panel, *_] = [
        output.data
        for output in outputs_of(notebook, "search = tailor.sweep(SEARCH, study=STUDY)")
        if output.output_type == "display_data"
    ]
    assert "3 complete" in panel["text/plain"]
    assert "left" not in panel["text/plain"]
    [test] = outputs_of(notebook, 'analysis.section("Test")')
    assert "data:image/png;base64," in test.data["text/html"]
    [figure] = outputs_of(notebook, 'analysis.figure("confusion_matrix")')
    assert "application/vnd.plotly.v1+json" in figure.data


def test_the_committed_notebook_has_small_outputs_without_errors() -> None:
    assert NOTEBOOK.stat().st_size < LARGEST_BYTES
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert "error" not in kinds
    assert str(Path.home()) not in NOTEBOOK.read_text(encoding="utf-8")


def test_an_interrupted_cell_says_how_to_continue(tmp_path: Path) -> None:
    interrupt = """
import os, signal, tailor
from tailor.training.recorders.notebook import NotebookRecorder

finished_epoch = NotebookRecorder.finished_epoch

def interrupted(self, history):
    finished_epoch(self, history)
    if len(history) == 1:
        os.kill(os.getpid(), signal.SIGINT)

NotebookRecorder.finished_epoch = interrupted
run = ["data=digits", "training.epochs=2", "hydra.run.dir=run"]
tailor.fit(run)
"""
    again = "print(tailor.fit(run))"
    wrong = 'tailor.fit(["data=digits", "training.epochs=0"])'
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (interrupt, again, wrong)]
    )
    printed = execute(notebook, tmp_path, allow_errors=True)
    error = notebook.cells[0].outputs[-1]
    assert error.ename == "Interrupted"
    advice = "To continue, repeat it with hydra.run.dir=run"
    assert error.traceback == [f"interrupted: 1 epoch is kept. {advice}"]
    assert "continuing after epoch 1 of 2" in printed
    paragraph = notebook.cells[2].outputs[-1]
    assert paragraph.traceback == ["error: `training.epochs` must be 1 or more, got 0."]
    assert os.sep not in paragraph.traceback[0]
