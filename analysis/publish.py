"""The result of an analysis on the study's page in the dashboard."""

from __future__ import annotations

from pathlib import Path

from optuna_dashboard import get_note, save_note

from analysis.explain import search_text
from analysis.facts import Facts
from analysis.trials import FEWEST_FOR_IMPORTANCES
from analysis.wording import class_name, counted, listed, percent, short
from tailor import names
from tailor.search.artifacts import attach, open_folder
from tailor.search.notes import code, with_result
from tailor.search.pictures import few_colours
from tailor.search.study import numbered_trial, open_study

PICTURES = {
    names.TEST_CONFUSION_PICTURE: "confusion_matrix.png",
    names.TEST_F1_PICTURE: "f1.png",
}
"""Names in the dashboard, and in the directory of an analysis."""


def publish(facts: Facts, directory: Path, *, storage: str, artifacts: Path) -> None:
    """Put the result into the study's note and the test pictures on the trial's page.

    What an earlier analysis put there is replaced.

    Args:
        facts: the findings.
        directory: of the analysis, with its pictures.
        storage: URL of the study's storage.
        artifacts: folder of the trials' pictures.

    Raises:
        TailorError: nothing can be written into that folder.
    """
    folder = open_folder(artifacts)
    study = open_study(storage, facts.view.name)
    pictures = {
        name: few_colours((directory / file).read_bytes()) for name, file in PICTURES.items()
    }
    attach(folder, study, numbered_trial(study, facts.chosen.number), pictures)
    save_note(study, with_result(get_note(study), result(facts, directory)))


def result(facts: Facts, directory: Path) -> list[str]:
    """The result in five lines, the last one with the path of the report."""
    found, low = facts.metrics, facts.hardest.metrics
    best = "the best on validation" if facts.is_best else "not the best on validation"
    settings = search_text.settings(dict(facts.chosen.params)) or "nothing searched"
    data = facts.test_name or facts.config.data.name
    importances = list(facts.view.importances.items())[:3]
    most = listed([f"{short(key)} ({percent(share, 0)})" for key, share in importances])
    few = facts.economy.complete < FEWEST_FOR_IMPORTANCES
    nothing = "too few trials to say what mattered" if few else "no setting told trials apart"
    matters = f"what mattered most: {most}" if most else nothing
    return [
        f"trial {facts.chosen.number}, {best}: {settings}",
        f"test accuracy {percent(found.accuracy, 2)} (95 % interval "
        f"{percent(found.accuracy_low, 2)} to {percent(found.accuracy_high, 2)}) on "
        f"{counted(found.size, 'image')} of {data}",
        f"weakest class: {class_name(low.name)}, F1 {low.f1:.3f}; mean F1 {found.macro_f1:.3f}",
        f"{counted(len(facts.view.trials), 'trial')}, {facts.economy.complete} of them complete; "
        f"{matters}",
        f"report: {code(directory / 'report.html')}",
    ]
