"""The result of an analysis on the study's page in the dashboard."""

from __future__ import annotations

from pathlib import Path

from optuna_dashboard import get_note, save_note

from analysis.measure.findings import Findings
from analysis.read.study import FEWEST_FOR_IMPORTANCES
from analysis.text import search as search_text
from analysis.wording import class_name, counted, listed, percent, short
from hydra_tailor.pictures.artifacts import attach, open_folder
from hydra_tailor.pictures.notes import code, with_result
from hydra_tailor.pictures.plots import few_colours
from hydra_tailor.study.stored import numbered_trial, open_study
from tailor import names

PICTURES = {
    names.TEST_CONFUSION_PICTURE: "confusion_matrix.png",
    names.TEST_F1_PICTURE: "f1.png",
}
"""Names in the dashboard, and in the directory of an analysis."""


def publish(findings: Findings, directory: Path, *, storage: str, pictures: Path) -> None:
    """Put the result into the study's note and the test pictures on the trial's page.

    What an earlier analysis put there is replaced.

    Args:
        findings: of the analysis.
        directory: where the analysis was written, with its pictures.
        storage: URL of the study's storage.
        pictures: folder of the trials' pictures.

    Raises:
        TailorError: nothing can be written into that folder.
    """
    folder = open_folder(pictures)
    study = open_study(storage, findings.view.name)
    test_pictures = {
        name: few_colours((directory / file).read_bytes()) for name, file in PICTURES.items()
    }
    attach(folder, study, numbered_trial(study, findings.chosen.number), test_pictures)
    save_note(study, with_result(get_note(study), result(findings, directory)))


def result(findings: Findings, directory: Path) -> list[str]:
    """The result in five lines, the last one with the path of the report."""
    found, low = findings.metrics, findings.hardest.metrics
    best = "the best on validation" if findings.is_best else "not the best on validation"
    settings = search_text.settings(dict(findings.chosen.params)) or "nothing searched"
    data = findings.test_name or findings.config.data.name
    importances = list(findings.view.importances.items())[:3]
    most = listed([f"{short(key)} ({percent(share, 0)})" for key, share in importances])
    few = findings.economy.complete < FEWEST_FOR_IMPORTANCES
    nothing = "too few trials to say what mattered" if few else "no setting told trials apart"
    matters = f"what mattered most: {most}" if most else nothing
    return [
        f"trial {findings.chosen.number}, {best}: {settings}",
        f"test accuracy {percent(found.accuracy, 2)} (95 % interval "
        f"{percent(found.accuracy_low, 2)} to {percent(found.accuracy_high, 2)}) on "
        f"{counted(found.size, 'image')} of {data}",
        f"weakest class: {class_name(low.name)}, F1 {low.f1:.3f}; mean F1 {found.macro_f1:.3f}",
        f"{counted(len(findings.view.trials), 'trial')}, "
        f"{findings.economy.complete} of them complete; {matters}",
        f"report: {code(directory / 'report.html')}",
    ]
