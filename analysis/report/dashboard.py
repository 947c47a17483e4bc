"""Publish the result of an analysis in the dashboard."""

from __future__ import annotations

from pathlib import Path

from optuna_dashboard import get_note, save_note

from analysis.measure.findings import Findings
from analysis.text import search as search_text
from analysis.wording import counted, listed, percent, short
from hydra_tailor.pictures.artifacts import attach, open_folder
from hydra_tailor.pictures.notes import code, with_result
from hydra_tailor.pictures.plots import few_colours
from hydra_tailor.study.stored import numbered_trial, open_study
from tailor import names

PICTURES = {
    names.TEST_CONFUSION_PICTURE: "confusion_matrix.png",
    names.TEST_F1_PICTURE: "f1.png",
}
"""File names in the dashboard -> file names in the directory of an analysis."""


def publish(findings: Findings, directory: Path, *, storage: str, pictures: Path) -> None:
    """Add the result to the study's note and the test pictures to the trial's page.

    Replaces the result and the pictures of an earlier analysis.

    Args:
        findings: of the analysis.
        directory: of the analysis, with its pictures.
        storage: URL of the study's storage.
        pictures: folder of the trials' pictures.

    Raises:
        TailorError: the folder is not writable.
    """
    folder = open_folder(pictures)
    study = open_study(storage, findings.view.name)
    test_pictures = {
        name: few_colours((directory / file).read_bytes()) for name, file in PICTURES.items()
    }
    attach(folder, study, numbered_trial(study, findings.chosen.number), test_pictures)
    save_note(study, with_result(get_note(study), result(findings, directory)))


def result(findings: Findings, directory: Path) -> list[str]:
    """The result in five lines; the last one has the path of the report."""
    metrics, weakest = findings.metrics, findings.hardest.metrics
    best = "the best on validation" if findings.is_best else "not the best on validation"
    settings = search_text.settings(dict(findings.chosen.params)) or "no searched parameters"
    data = findings.test_name or findings.config.data.name
    importances = list(findings.importances.shares.items())[:3]
    most = listed([f"{short(key)} ({percent(share, 0)})" for key, share in importances])
    if not findings.importances.enough:
        importance = "; too few trials for parameter importances"
    elif not findings.importances.several:
        importance = ""
    elif findings.importances.beyond_chance:
        importance = f"; most important parameters: {most}"
    else:
        importance = "; no parameter separates the best trials from the rest more than chance does"
    return [
        f"trial {findings.chosen.number}, {best}: {settings}",
        f"test accuracy {percent(metrics.accuracy, 2)} (95 % interval: "
        f"{percent(metrics.accuracy_low, 2)} to {percent(metrics.accuracy_high, 2)}) on "
        f"{counted(metrics.size, 'image')} of {data}",
        f"lowest F1: {metrics.named(metrics.lowest_classes)}, {weakest.f1:.3f}; "
        f"mean F1 {metrics.macro_f1:.3f}",
        f"{counted(len(findings.view.trials), 'trial')}, "
        f"{findings.search_cost.complete} of them complete{importance}",
        f"report: {code(directory / 'report.html')}",
    ]
