"""The main command: read the study, test the trial once, write all results."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.study import Study
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from analysis import fonts
from analysis.commands.config import BEST, AnalyzeConfig
from analysis.figures import interactive, static
from analysis.figures.all import describe_figures
from analysis.figures.spec import Figure
from analysis.further_runs.budgets import train_budgets
from analysis.further_runs.retraining import retrain
from analysis.measure import metrics as measures
from analysis.measure.against import Against, set_against
from analysis.measure.collect import collect
from analysis.measure.comparisons import BudgetComparison
from analysis.measure.findings import Findings, Retrained
from analysis.read.predictions import Evaluation
from analysis.read.restored import Restored, restore_trial
from analysis.read.single_run import read_run
from analysis.read.study import FAIL, StudyView, Trial, read_study
from analysis.report import class_tables, content, markdown, notes, page, pdf
from analysis.report import tables as report_tables
from analysis.report.content import Cover
from analysis.report.document import Block, Document
from hydra_tailor import names as sweep_names
from hydra_tailor.files import whole_directory, write_json
from hydra_tailor.storage.opening import storage_url
from hydra_tailor.storage.passwords import masked
from hydra_tailor.study.ranking import best_of
from hydra_tailor.study.stored import numbered_trial, open_study
from tailor import names
from tailor.data import LabelledImages
from tailor.errors import ConfigError, StudyError, TailorError
from tailor.training import machine

QUICK_LOOK = ("confusion_matrix", "f1", "curves")
"""Figures that are also written next to the report, as PNG and as HTML."""
MIN_IMAGES_FOR_FEATURES = 4
"""With fewer test images, neighbours and embeddings are not computed."""


@dataclass(frozen=True)
class Analysis:
    """Everything that is written to the analysis directory."""

    findings: Findings
    evaluation: Evaluation
    figures: dict[str, Figure]


@dataclass(frozen=True)
class Written:
    """A written analysis: its directory, report document and findings."""

    directory: Path
    document: Document
    findings: Findings


def analyze(config: AnalyzeConfig, console: Console) -> Written:
    """Analyse a trial of a study and write the results.

    Raises:
        TailorError: the study, the trial, its files or its data cannot be read. Nothing is written
            then, and an earlier analysis is kept.
    """
    view, restored = choose(config, console)
    test = restored.load_test()
    other = _choose_other(config, restored)
    parent = view.home_of(restored.trial)
    retrained = None
    if config.retrain:
        runs = parent / "retrained" / str(restored.trial.number)
        retrained = retrain(restored, test, config.retrain, runs, console.print)
    budgets = None
    if config.budgets:
        runs = parent / "budgets" / str(restored.trial.number)
        budgets = train_budgets(view, restored, runs, console.print)
    if view.is_single_run:
        console.print("evaluating the run")
    else:
        console.print(f"evaluating trial {restored.trial.number} and up to {config.top} others")
    analysis = build_analysis(view, restored, test, config, retrained, budgets, other)
    directory = parent / names.ANALYSIS_DIR
    with whole_directory(directory) as out:
        document = _write(analysis, out, config, notes.read(parent))
    if line := fonts.missing(f"{document.text} {' '.join(analysis.evaluation.classes)}"):
        console.print(line)
    if config.pictures and not view.is_single_run:
        _publish(analysis.findings, directory, Path(str(config.pictures)), console)
    class_tables.print_per_class(analysis.findings.metrics, console)
    console.print(content.answer(analysis.findings))
    return Written(directory, document, analysis.findings)


def build_analysis(
    view: StudyView,
    restored: Restored,
    test: LabelledImages,
    config: AnalyzeConfig,
    retrained: Retrained | None,
    budgets: BudgetComparison | None = None,
    other: tuple[StudyView, Restored] | None = None,
) -> Analysis:
    """Evaluate the trial on the test split, measure everything, describe every figure."""
    evaluation = restored.evaluate(test, with_features=len(test) >= MIN_IMAGES_FOR_FEATURES)
    pixels = test.images.numpy()
    findings = collect(
        view,
        restored,
        evaluation,
        pixels,
        bins=config.bins,
        neighbours=config.neighbours,
        top=config.top,
        data=config.data,
        retrained=retrained,
        budgets=budgets,
        against=other and set_against(*other, restored, test, evaluation),
    )
    figures = describe_figures(
        findings, evaluation, pixels, points=config.points, seed=config.seed
    )
    return Analysis(findings, evaluation, figures)


def choose(config: AnalyzeConfig, console: Console) -> tuple[StudyView, Restored]:
    """Open the study and restore the requested trial, or the single run.

    Raises:
        TailorError: see `analyze`.
    """
    if config.run is None:
        view, trial = _choose_trial(config, console)
    else:
        view, trial = _run_in(config.run)
        console.print(f"the run in {trial.directory}")
    device = machine.pick_device(config.device, key="device")
    machine.prepare(device, threads=None)
    return view, restore_trial(trial, device, config.data)


def _choose_other(config: AnalyzeConfig, analysed: Restored) -> tuple[StudyView, Restored] | None:
    """Restore the network to compare with: a study's best trial, or the run in a directory."""
    named = config.against
    if named is None:
        return None
    if (Path(named) / names.HYDRA_DIR).is_dir():
        view, trial = _run_in(named)
    else:
        view, trial = _trial_of(open_study(storage_url(), named), BEST)
    if trial.directory.resolve() == analysed.trial.directory.resolve():
        raise ConfigError(
            "`against` must name another study, or the directory of another run, got "
            f"{named!r}, whose trial is the analysed one."
        )
    return view, restore_trial(trial, analysed.device, config.data)


def _choose_trial(config: AnalyzeConfig, console: Console) -> tuple[StudyView, Trial]:
    storage = storage_url()
    study = open_study(storage, config.study)
    view, trial = _trial_of(study, config.trial)
    if trial.state == FAIL:
        reason = trial.fail_reason or "no reason was recorded"
        raise StudyError(
            f"trial {trial.number} of study {view.name!r} failed ({reason}), so it "
            "cannot be analysed. Choose another trial, or trial=best."
        )
    which = "" if config.study else ", the one with the most recently started trial"
    console.print(f"study {view.name} ({masked(storage)}{which}), trial {trial.number}")
    return view, trial


def _run_in(directory: str) -> tuple[StudyView, Trial]:
    view = read_run(Path(directory))
    return view, view.trials[0]


def _trial_of(study: Study, trial: int | str) -> tuple[StudyView, Trial]:
    """Read a study; return it with its best trial, or with the trial of a given number."""
    found = best_of(study) if trial == BEST else numbered_trial(study, int(trial))
    if sweep_names.CONFIRMS in found.user_attrs:
        repeated = found.user_attrs[sweep_names.CONFIRMS]
        raise StudyError(
            f"trial {found.number} of study {study.study_name!r} repeats trial {repeated} with "
            f"seed {found.user_attrs[sweep_names.SEED]}, and is not analysed by itself. Choose "
            f"trial={repeated}."
        )
    view = read_study(study)
    return view, view.numbered(found.number)


def _publish(findings: Findings, directory: Path, pictures: Path, console: Console) -> None:
    from analysis.report.dashboard import publish  # importing the dashboard takes a second

    try:
        publish(findings, directory, storage=storage_url(), pictures=pictures)
    except (TailorError, OSError, SQLAlchemyError, StorageInternalError) as error:
        console.print(f"the dashboard was not updated with this analysis: {error}")


def _write(
    analysis: Analysis, out: Path, config: AnalyzeConfig, words: dict[str, list[Block]]
) -> Document:
    findings, letters = analysis.findings, " ".join(analysis.evaluation.classes)
    class_tables.write_tables(out, analysis.evaluation, findings.metrics)
    write_json(out / "metrics.json", _metrics(findings))
    figures = out / "figures"
    figures.mkdir()
    for figure in analysis.figures.values():
        static.save(figure, figures, text=letters)
    for name in QUICK_LOOK:
        if name in analysis.figures:
            shutil.copy(figures / f"{name}.png", out)
            interactive.save(analysis.figures[name], out)
    now = datetime.now(UTC)
    cover = Cover(
        title=config.report.title,
        author=config.report.author,
        course=config.report.course,
        date=config.report.date or f"{now.day} {now:%B %Y}",
    )
    document = notes.add(
        content.write(findings, analysis.figures, top=config.top, cover=cover), words
    )
    pdf.save(document, out)
    if config.report.markdown:
        (out / "report.md").write_text(markdown.source(document), encoding="utf-8")
    trials = None if findings.view.is_single_run else report_tables.trials(findings, top=None)
    page.save(document, trials, figures, out / "report.html")
    return document


def _metrics(findings: Findings) -> dict[str, Any]:
    chosen = findings.chosen
    return {
        "study": findings.view.name,
        "trial": chosen.number,
        "params": dict(chosen.params),
        "validation": {key: chosen.facts.get(key) for key in names.RESULT_ATTRIBUTES},
        "test": measures.as_dict(findings.metrics),
        "calibration_error": findings.calibration.error,
        "runner_up": findings.runner_up
        and {
            "trial": findings.runner_up.number,
            "rank": findings.runner_up.rank,
            **asdict(findings.runner_up.comparison),
        },
        "optimism": findings.optimism,
        "importances": asdict(findings.importances),
        "training_sample": asdict(findings.training_score),
        "against": findings.against and _against(findings.against),
        "retrained": findings.retrained and asdict(findings.retrained),
        "head_in": findings.summary.head_in,
        "head_arithmetic": findings.summary.head_arithmetic,
    }


def _against(other: Against) -> dict[str, Any]:
    return {
        "name": other.view.name,
        "trial": None if other.view.is_single_run else other.trial.number,
        "accuracy": other.accuracy,
        "accuracy_interval_95": [other.low, other.high],
        "differing": {key: list(values) for key, values in other.differing.items()},
        "comparison": other.test and asdict(other.test),
    }
