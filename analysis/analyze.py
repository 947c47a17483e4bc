"""The analysis as a recipe: read the study, look at the test split once, write everything."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from analysis import located, retrain, select, tables
from analysis import metrics as measures
from analysis.config import BEST, AnalyzeConfig
from analysis.facts import Facts
from analysis.figures import interactive, static
from analysis.gather import Gathered, gather
from analysis.report import content, page, pdf
from analysis.report import tables as report_tables
from analysis.restored import Restored, restore_trial
from analysis.staging import whole_directory
from analysis.trials import FAIL, StudyView, read_study
from tailor import names
from tailor.errors import StudyError, TailorError
from tailor.files import write_json
from tailor.search.password import masked
from tailor.search.storage import storage_url
from tailor.search.study import best_trial, numbered_trial, open_study
from tailor.training import machine

QUICK_LOOK = ("confusion_matrix", "f1", "curves")
"""Figures that also stand beside the report, as pictures and as pages of their own."""


def analyze(config: AnalyzeConfig, console: Console) -> Path:
    """Analyse one trial of a study and return the directory that holds the result.

    Raises:
        TailorError: the study, the trial, its files or its data cannot be had; nothing was
            written, and an earlier analysis is as it was.
    """
    view, restored = choose(config, console)
    test = restored.load_test()
    study_directory = located.study_directory(restored.trial.directory)
    retrained = None
    if config.retrain:
        runs = study_directory / "retrained" / str(restored.trial.number)
        retrained = retrain.retrain(restored, test, config.retrain, runs, console.print)
    gathered = gather(view, restored, test, config, retrained)
    directory = study_directory / names.ANALYSIS_DIR
    with whole_directory(directory) as out:
        _write(gathered, out, top=config.top)
    if config.artifacts:
        _publish(gathered, directory, Path(str(config.artifacts)), console)
    tables.print_per_class(gathered.facts.metrics, console)
    console.print(content.answer(gathered.facts))
    return directory


def choose(config: AnalyzeConfig, console: Console) -> tuple[StudyView, Restored]:
    """Open the study and bring back the trial that was asked for.

    Raises:
        TailorError: see `analyze`.
    """
    storage = storage_url()
    study = open_study(storage, config.study)
    frozen = best_trial(study) if config.trial == BEST else numbered_trial(study, config.trial)
    view = read_study(study)
    trial = select.pick(view, frozen.number)
    if trial.state == FAIL:
        reason = trial.fail_reason or "no reason was kept"
        raise StudyError(
            f"trial {trial.number} of study {view.name!r} failed ({reason}), so it has "
            "nothing to analyse. Choose another one, or trial=best."
        )
    which = "" if config.study else ", the one whose trial started last"
    console.print(f"study {view.name} ({masked(storage)}{which}), trial {trial.number}")
    device = machine.pick_device(config.device)
    machine.prepare(device, threads=None)
    return view, restore_trial(trial, device, config.data)


def _publish(gathered: Gathered, directory: Path, artifacts: Path, console: Console) -> None:
    from analysis.publish import publish  # the dashboard takes a second to import

    try:
        publish(gathered.facts, directory, storage=storage_url(), artifacts=artifacts)
    except (TailorError, OSError, SQLAlchemyError, StorageInternalError) as error:
        console.print(f"the dashboard does not show this analysis: {error}")


def _write(gathered: Gathered, out: Path, *, top: int) -> None:
    facts = gathered.facts
    tables.write_tables(out, gathered.evaluation, facts.metrics)
    write_json(out / "metrics.json", _metrics(facts))
    figures = out / "figures"
    figures.mkdir()
    for figure in gathered.figures.values():
        static.save(figure, figures)
    for name in QUICK_LOOK:
        if name in gathered.figures:
            shutil.copy(figures / f"{name}.png", out)
            interactive.save(gathered.figures[name], out)
    today = datetime.now(UTC).strftime("%-d %B %Y")
    document = content.write(facts, gathered.figures, top=top, date=today)
    pdf.save(document, figures, out / "report.pdf")
    page.save(document, report_tables.trials(facts, top=None), figures, out / "report.html")


def _metrics(facts: Facts) -> dict[str, Any]:
    chosen = facts.chosen
    return {
        "study": facts.view.name,
        "trial": chosen.number,
        "params": dict(chosen.params),
        "validation": {key: chosen.facts.get(key) for key in names.RESULT_ATTRIBUTES},
        "test": measures.as_dict(facts.metrics),
        "calibration_error": facts.calibration.error,
        "runner_up": facts.runner_up
        and {
            "trial": facts.runner_up.number,
            "rank": facts.runner_up.rank,
            **asdict(facts.runner_up.comparison),
        },
        "importances": dict(facts.view.importances),
        "retrained": facts.retrained and asdict(facts.retrained),
        "head_in": facts.summary.head_in,
        "head_arithmetic": facts.summary.head_arithmetic,
    }
