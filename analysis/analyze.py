"""The analysis as a recipe: read the study, look at the test split once, write everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from analysis import metrics as measures
from analysis import select, tables
from analysis.config import BEST, AnalyzeConfig
from analysis.figures import interactive, static, testing, training
from analysis.restored import restore_trial
from analysis.staging import whole_directory
from analysis.trials import FAIL, read_study
from tailor import names
from tailor.errors import StudyError
from tailor.files import write_json
from tailor.search.storage import masked, storage_url
from tailor.search.study import best_trial, numbered_trial, open_study
from tailor.training import machine


def analyze(config: AnalyzeConfig, console: Console) -> Path:
    """Analyse one trial of a study and return the directory that holds the result.

    Raises:
        TailorError: the study, the trial, its files or its data cannot be had; nothing was
            written, and an earlier analysis is as it was.
    """
    device = machine.pick_device(config.device)
    machine.prepare(device, threads=None)
    storage = storage_url()
    study = open_study(storage, config.study)
    asked = best_trial if config.trial == BEST else lambda s: numbered_trial(s, config.trial)
    number = asked(study).number
    view = read_study(study)
    trial = select.pick(view, number)
    which = "" if config.study else ", the one whose trial started last"
    if trial.state == FAIL:
        reason = trial.fail_reason or "no reason was kept"
        raise StudyError(
            f"trial {number} of study {view.name!r} failed ({reason}), so it has "
            "nothing to analyse. Choose another one, or trial=best."
        )
    console.print(f"study {view.name} ({masked(storage)}{which}), trial {number}")
    restored = restore_trial(trial, device, config.data)
    evaluation = restored.evaluate(restored.load_test(), with_features=True)
    metrics = measures.measure(evaluation)
    directory = trial.directory.parent / names.ANALYSIS_DIR
    with whole_directory(directory) as out:
        tables.write_tables(out, evaluation, metrics)
        write_json(out / "metrics.json", _content(view.name, trial, metrics))
        best_epoch = int(trial.facts[names.BEST_EPOCH])
        for figure in (
            testing.confusion(evaluation, metrics),
            testing.f1(metrics),
            training.curves(trial.history, best_epoch),
        ):
            static.save(figure, out)
            interactive.save(figure, out)
    tables.print_per_class(metrics, console)
    return directory


def _content(study: str, trial: Any, metrics: measures.Metrics) -> dict[str, Any]:
    return {
        "study": study,
        "trial": trial.number,
        "params": dict(trial.params),
        "validation": {key: trial.facts.get(key) for key in names.RESULT_ATTRIBUTES},
        "test": measures.as_dict(metrics),
    }
