"""The report of one analysis: its sections, filled from findings."""

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
from analysis.text import hardest_class as hardest_text
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from analysis.text import test_split as test_text
from analysis.wording import class_name, counted, duration, listed, number, percent, short

Figures = Mapping[str, Figure]
"""Figures by name; one that could not be drawn for this study is not among them."""


def write(findings: Findings, figures: Figures, *, top: int, date: str) -> Document:
    """Assemble the document. Every sentence in it depends on the findings of this analysis."""
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
    found, low = findings.metrics, findings.hardest.metrics
    settings = search_text.settings(dict(findings.chosen.params))
    text = (
        f"{'The best' if findings.is_best else 'The analysed'} configuration"
        f"{f' ({settings})' if settings else ''} classifies "
        f"{percent(found.accuracy, 2)} of {found.size:,} test images correctly. "
    )
    if findings.hardest.flawless:
        return text + "No class has a mistake."
    closest = findings.hardest.closest
    text += f"Its weakest class is {class_name(low.name)} (F1 {low.f1:.3f})"
    if closest is not None:
        name = next(kin.name for kin in findings.hardest.alike if kin.index == closest)
        text += f", which it confuses most often with {class_name(name)}"
    return text + "."


def _glance(findings: Findings) -> list[tuple[str, str]]:
    summary, found = findings.summary, findings.metrics
    goals = [f"{goal:.0%}: {'yes' if found.accuracy >= goal else 'no'}" for goal in (0.90, 0.95)]
    padding = {
        "same": "yes, same size",
        "valid": "no",
        "mixed": "in some layers",
        "none": "no convolution",
    }
    return [
        (
            "Configuration",
            search_text.settings(dict(findings.chosen.params)) or "nothing searched",
        ),
        ("Convolutional layers", str(summary.convolutions)),
        ("Padding", padding[summary.padding]),
        ("Pooling", listed(summary.pooling) or "none"),
        ("Features into the last layer", f"{summary.head_in:,} ({summary.head_arithmetic})"),
        ("Parameters", f"{summary.parameters:,}"),
        ("Epochs", f"{findings.epochs}, weights of epoch {findings.best_epoch}"),
        (
            "Test accuracy",
            f"{percent(found.accuracy, 2)} (95 % interval {percent(found.accuracy_low, 2)} to "
            f"{percent(found.accuracy_high, 2)})",
        ),
        ("Goals reached", "; ".join(goals)),
        ("Lowest F1", f"{findings.hardest.metrics.name}, {findings.hardest.metrics.f1:.3f}"),
    ]


def _pictures(figures: Figures, *names: str, width: float = 1.0) -> list[Block]:
    return [Picture(figures[name], width) for name in names if name in figures]


def _texts(*texts: str) -> list[Block]:
    return [Text(text) for text in texts if text]


def _tables(*found: Table | None) -> list[Block]:
    return [table for table in found if table is not None]


def _selection(findings: Findings, figures: Figures, top: int) -> Section:
    blocks: list[Block] = [
        *_texts(search_text.winner(findings), search_text.certainty(findings)),
        tables.trials(findings, top=top),
        *_texts(search_text.pareto(findings)),
        *_pictures(figures, "history", "front", width=0.86),
        *_texts(*search_text.matters(findings)),
        *_pictures(figures, "importances", width=0.7),
        *_pictures(figures, "effects", "parallel"),
        *_texts(search_text.saving(findings)),
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
            *_texts(_circumstances(findings)),
            tables.hyperparameters(findings),
        ],
    )


def _circumstances(findings: Findings) -> str:
    config, machine = findings.config, findings.machine
    optimizer = str(config.optimizer["_target_"]).rpartition(".")[2]
    schedule = str(config.scheduler["_target_"]).rpartition(".")[2].replace("_", " ")
    text = (
        f"It was trained with {optimizer} (peak learning rate {number(config.optimizer['lr'])}), "
        f"schedule {schedule}, loss {training_loss(config)}, "
        f"{config.training.batch_size} images a step, "
        f"{counted(findings.epochs, 'epoch')} and seed {config.seed}, on "
        f"{findings.sizes['training']:,} training images; "
        f"{findings.sizes['validation']:,} validation images ranked epochs and trials"
    )
    if machine:
        text += f". It took {duration(findings.seconds)}" if findings.seconds else ". It ran"
        text += (
            f" on {machine.get('hardware')} ({machine.get('device')}, "
            f"{machine.get('threads')} threads) with torch {machine.get('torch')}, Python "
            f"{machine.get('python')}, tailor {machine.get('tailor')}"
        )
        if machine.get("commit"):
            text += f" at commit {machine['commit']}"
    return text + "."


def _training(findings: Findings, figures: Figures) -> Section:
    blocks: list[Block] = [*_texts(*model_text.course(findings)), *_pictures(figures, "curves")]
    if findings.history:
        blocks.append(tables.epochs(findings))
    blocks += [*_texts(model_text.budgets(findings)), *_pictures(figures, "budgets")]
    return Section("Training", blocks)


def _test(findings: Findings, figures: Figures) -> Section:
    blocks: list[Block] = [
        *_texts(
            test_text.accuracy(findings),
            test_text.retrained(findings),
            test_text.classes(findings),
        ),
        tables.per_class(findings),
        *_pictures(figures, "f1", width=0.86),
        *_pictures(figures, "confusion_matrix", width=0.94),
        *_tables(tables.confusions(findings)),
        *_texts(test_text.calibration(findings)),
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
    searched = listed([short(key) for key in findings.view.spaces]) or "nothing"
    return (
        f"Study {findings.view.name}: {len(findings.view.trials)} trials over {searched}. "
        "Written by python -m analysis from the study's own files."
    )
