"""The content of the report: its sections, filled from the findings."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.figures.spec import Figure
from analysis.loss_names import training_loss
from analysis.measure.findings import Findings
from analysis.report import tables
from analysis.report.document import (
    Block,
    Bullets,
    Document,
    Picture,
    Section,
    Table,
    Text,
)
from analysis.text import evaluation as evaluation_text
from analysis.text import hardest_class as hardest_text
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from analysis.wording import class_name, counted, duration, listed, number, percent, short

Figures = Mapping[str, Figure]
"""Figures by name, without those that do not apply to the study."""


def write(findings: Findings, figures: Figures, *, top: int, date: str) -> Document:
    """Assemble the document from the findings."""
    data = findings.test_name or findings.config.data.name
    return Document(
        title=f"{data}: trial {findings.chosen.number} of {findings.view.name}",
        subtitle=f"Report of a hyperparameter search, {date}",
        answer=answer(findings),
        glance=_glance(findings),
        sections=[
            _selection(findings, figures, top),
            _model(findings, figures),
            _training(findings, figures),
            _test(findings, figures),
            _hardest(findings, figures),
            Section("Limits and next steps", [Bullets(limits_text.limits(findings))]),
        ],
        footnote=_footnote(findings),
    )


def answer(findings: Findings) -> str:
    metrics, weakest = findings.metrics, findings.hardest.metrics
    settings = search_text.settings(dict(findings.chosen.params))
    text = (
        f"{'The best' if findings.is_best else 'The analysed'} configuration"
        f"{f' ({settings})' if settings else ''} classifies "
        f"{percent(metrics.accuracy, 2)} of {metrics.size:,} test images correctly. "
    )
    if findings.hardest.flawless:
        return text + "It makes no mistakes."
    if len(metrics.lowest_classes) > 1:
        shared = metrics.named(metrics.lowest_classes)
        return text + f"The lowest F1, {weakest.f1:.3f}, is shared by {shared}."
    partner = findings.hardest.most_confused
    text += f"Its weakest class is {class_name(weakest.name)} (F1 {weakest.f1:.3f})"
    if partner is not None:
        name = metrics.per_class[partner].name
        text += f", most often confused with {class_name(name)}"
    return text + "."


def _glance(findings: Findings) -> list[tuple[str, str]]:
    summary, metrics = findings.summary, findings.metrics
    goals = [
        f"{percent(goal, 0)}: {'yes' if metrics.accuracy >= goal else 'no'}"
        for goal in evaluation_text.ACCURACY_GOALS
    ]
    padding = {
        "same": "yes, preserves height and width",
        "valid": "no",
        "mixed": "in some layers",
        "patches": "does not apply to patches",
        "none": "no convolutions",
    }
    return [
        (
            "Configuration",
            search_text.settings(dict(findings.chosen.params)) or "no searched parameters",
        ),
        ("Convolutional layers", str(summary.convolutions)),
        ("Padding", padding[summary.padding]),
        ("Pooling", listed(summary.pooling) or "none"),
        (
            "Inputs of the last layer",
            f"{summary.head_in:,}" + (f" ({summary.head_arithmetic})" if summary.is_chain else ""),
        ),
        ("Parameters", f"{summary.parameters:,}"),
        ("Epochs", f"{findings.epochs}, weights of epoch {findings.best_epoch}"),
        (
            "Test accuracy",
            f"{percent(metrics.accuracy, 2)} (95 % interval: {percent(metrics.accuracy_low, 2)} "
            f"to {percent(metrics.accuracy_high, 2)})",
        ),
        ("Goals reached", "; ".join(goals)),
        (
            "Lowest F1",
            f"{metrics.named(metrics.lowest_classes)}, {findings.hardest.metrics.f1:.3f}",
        ),
    ]


def _pictures(figures: Figures, *names: str, width: float = 1.0) -> list[Block]:
    return [Picture(figures[name], width) for name in names if name in figures]


def _texts(*texts: str) -> list[Block]:
    return [Text(text) for text in texts if text]


def _tables(*optional: Table | None) -> list[Block]:
    return [table for table in optional if table is not None]


def _selection(findings: Findings, figures: Figures, top: int) -> Section:
    blocks: list[Block] = [
        *_texts(search_text.winner(findings), search_text.certainty(findings)),
        tables.trials(findings, top=top),
        *_texts(search_text.pareto(findings)),
        *_pictures(figures, "history", "front", width=0.86),
        *_texts(*search_text.effects(findings)),
        *_pictures(figures, "importances", width=0.7),
        *_pictures(figures, "effects", "parallel"),
        *_texts(search_text.cost(findings)),
        *_pictures(figures, "learning_curves", "cost", width=0.86),
    ]
    return Section("Selection", blocks)


def _model(findings: Findings, figures: Figures) -> Section:
    return Section(
        "The model",
        [
            *_texts(model_text.architecture(findings)),
            *_pictures(figures, "architecture"),
            tables.layers(findings.summary),
            *_texts(_training_setup(findings)),
            tables.hyperparameters(findings),
        ],
    )


def _training_setup(findings: Findings) -> str:
    config, machine = findings.config, findings.machine
    optimizer = str(config.optimizer["_target_"]).rpartition(".")[2]
    schedule = str(config.scheduler["_target_"]).rpartition(".")[2].replace("_", " ")
    text = (
        f"The network was trained on {findings.sizes['training']:,} images for "
        f"{counted(findings.epochs, 'epoch')}, with {optimizer} (peak learning rate "
        f"{number(config.optimizer['lr'])}, schedule {schedule}), batch size "
        f"{config.training.batch_size} and seed {config.seed}. The loss is "
        f"{training_loss(config)}. Epochs and trials were ranked on "
        f"{findings.sizes['validation']:,} validation images"
    )
    if machine:
        took = f"took {duration(findings.seconds)}" if findings.seconds else "ran"
        threads = machine.get("threads")
        text += (
            f". Training {took} on {machine.get('hardware')} ({machine.get('device')}, "
            f"{threads} {'thread' if threads == 1 else 'threads'}) with torch "
            f"{machine.get('torch')}, Python {machine.get('python')}, "
            f"tailor {machine.get('tailor')}"
        )
        if machine.get("commit"):
            text += f" at commit {machine['commit']}"
    return text + "."


def _training(findings: Findings, figures: Figures) -> Section:
    blocks: list[Block] = [
        *_texts(*model_text.learning_curve(findings)),
        *_pictures(figures, "curves"),
    ]
    if findings.history:
        blocks.append(tables.epochs(findings))
    blocks += [*_texts(model_text.budgets(findings)), *_pictures(figures, "budgets")]
    return Section("Training", blocks)


def _test(findings: Findings, figures: Figures) -> Section:
    blocks: list[Block] = [
        *_texts(
            evaluation_text.accuracy(findings),
            evaluation_text.retrained(findings),
            evaluation_text.classes(findings),
        ),
        tables.per_class(findings),
        *_pictures(figures, "f1", width=0.86),
        *_pictures(figures, "confusion_matrix", width=0.94),
        *_tables(tables.confusions(findings)),
        *_texts(evaluation_text.calibration(findings)),
        *_pictures(figures, "reliability", "roc_pr"),
    ]
    return Section("Test", blocks)


def _hardest(findings: Findings, figures: Figures) -> Section:
    hardest = findings.hardest
    first, *rest = hardest_text.paragraphs(hardest)
    return Section(
        f"The hardest class: {'none' if hardest.flawless else hardest.metrics.name}",
        [
            *_texts(first),
            *_pictures(figures, "hardest_confusions"),
            *_texts(*rest),
            *_pictures(figures, "gallery", "embedding"),
        ],
    )


def _footnote(findings: Findings) -> str:
    searched = listed([short(key) for key in findings.view.spaces]) or "none"
    return (
        f"Study {findings.view.name}: {counted(len(findings.view.trials), 'trial')}, searched "
        f"parameters: {searched}. Generated by python -m analysis from the files of the study."
    )
