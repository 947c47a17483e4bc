"""The content of the report: its sections, filled from the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.figures.spec import Figure
from analysis.loss_names import training_loss
from analysis.measure.findings import Findings
from analysis.report import tables
from analysis.report.document import Bullets, Document, Picture, Section, Text
from analysis.report.numbers import Numbers, Shown
from analysis.text import against as against_text
from analysis.text import confusions as confusions_text
from analysis.text import data as data_text
from analysis.text import evaluation as evaluation_text
from analysis.text import hardest_class as hardest_text
from analysis.text import images as images_text
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from analysis.text.hardest_class import MIN_MUTUAL_MISTAKES
from analysis.wording import (
    class_name,
    counted,
    dataset_name,
    duration,
    listed,
    number,
    percent,
    short,
)

Figures = Mapping[str, Figure]
"""Figures by name, without those that do not apply to the study."""


@dataclass(frozen=True)
class Cover:
    """The texts of the first page besides the results; None omits a part.

    Attributes:
        title: None uses the kind of report and the name of the data.
    """

    date: str
    title: str | None = None
    author: str | None = None
    course: str | None = None


def write(findings: Findings, figures: Figures, *, top: int, cover: Cover) -> Document:
    """Assemble the document from the findings."""
    data = dataset_name(findings.test_name or findings.config.data.name)
    numbers = Numbers()
    return Document(
        title=cover.title or f"{_kind(findings)} on {data}",
        subtitle=", ".join(filter(None, [cover.author, cover.course, cover.date])),
        author=cover.author or "",
        answer=answer(findings),
        glance=_glance(findings),
        sections=[
            _data(findings, figures, numbers),
            _selection(findings, figures, numbers, top),
            *_augmentation(findings),
            *_against(findings, numbers),
            _model(findings, figures, numbers),
            _training(findings, figures, numbers),
            _test(findings, figures, numbers),
            _hardest(findings, figures, numbers),
            Section("Limits and next steps", [Bullets(limits_text.limits(findings))]),
            _appendix(findings, numbers),
        ],
        footnote=_footnote(findings),
    )


def _kind(findings: Findings) -> str:
    return "Single run" if findings.view.is_single_run else "Hyperparameter search"


def answer(findings: Findings) -> str:
    metrics, weakest = findings.metrics, findings.hardest.metrics
    settings = search_text.settings(dict(findings.chosen.params))
    best = findings.is_best and not findings.view.is_single_run
    text = (
        f"{'The best' if best else 'The analysed'} configuration"
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
    if partner is not None and findings.hardest.mutual_mistakes >= MIN_MUTUAL_MISTAKES:
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


def _pictures(figures: Figures, *names: str) -> list[Picture]:
    """Figures at their own size; a figure of the default width is as wide as the text."""
    shown = [figures[name] for name in names if name in figures]
    return [Picture(figure, min(1.0, figure.width / Figure.width)) for figure in shown]


def _data(findings: Findings, figures: Figures, numbers: Numbers) -> Section:
    blocks = [
        *numbers.introduced(data_text.images(findings), shown=_pictures(figures, "samples")),
        *numbers.introduced(
            data_text.augmentation(findings), shown=_pictures(figures, "augmentation")
        ),
    ]
    return Section("Data", blocks)


def _selection(findings: Findings, figures: Figures, numbers: Numbers, top: int) -> Section:
    if findings.view.is_single_run:
        return Section("Selection", numbers.introduced(search_text.single_run(findings), shown=[]))
    importances, medians = search_text.effects(findings)
    blocks = [
        *numbers.introduced(
            search_text.winner(findings),
            search_text.certainty(findings),
            search_text.pareto(findings),
            shown=[
                tables.trials(findings, top=top),
                *_pictures(figures, "history", "front"),
            ],
        ),
        *numbers.introduced(importances, shown=_pictures(figures, "importances")),
        *numbers.introduced(medians, shown=_pictures(figures, "effects", "parallel")),
        *numbers.introduced(
            search_text.cost(findings),
            shown=_pictures(figures, "learning_curves", "cost"),
        ),
    ]
    return Section("Selection", blocks)


def _augmentation(findings: Findings) -> list[Section]:
    text = images_text.augmentation(findings)
    return [Section("With augmentation and without", [Text(text)])] if text else []


def _against(findings: Findings, numbers: Numbers) -> list[Section]:
    other = findings.against
    if other is None:
        return []
    text = against_text.comparison(findings, other)
    blocks = numbers.introduced(text, shown=[tables.against(findings, other)])
    return [Section(f"Against {against_text.name(other)}", blocks)]


def _model(findings: Findings, figures: Figures, numbers: Numbers) -> Section:
    architecture: list[Shown] = [
        *_pictures(figures, "architecture"),
        tables.layers(findings.summary),
    ]
    blocks = [
        *numbers.introduced(model_text.architecture(findings), shown=architecture),
        Text(f"{_training_setup(findings)} The appendix lists all settings."),
    ]
    return Section("The model", blocks)


def _training_setup(findings: Findings) -> str:
    config, machine = findings.config, findings.machine
    optimizer = str(config.optimizer["_target_"]).rpartition(".")[2]
    schedule = str(config.scheduler["_target_"]).rpartition(".")[2].replace("_", " ")
    text = (
        f"The network was trained on {findings.sizes['training']:,} images for "
        f"{counted(findings.epochs, 'epoch')}, with {optimizer} (peak learning rate "
        f"{number(config.optimizer['lr'])}, schedule {schedule}), batch size "
        f"{config.training.batch_size} and seed {config.seed}. The loss is "
        f"{training_loss(config)}. Epochs{'' if findings.view.is_single_run else ' and trials'} "
        "were ranked on "
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


def _training(findings: Findings, figures: Figures, numbers: Numbers) -> Section:
    curves: list[Shown] = [*_pictures(figures, "curves")]
    if findings.history:
        curves.append(tables.epochs(findings))
    blocks = [
        *numbers.introduced(*model_text.learning_curve(findings), shown=curves),
        *numbers.introduced(model_text.budgets(findings), shown=_pictures(figures, "budgets")),
    ]
    return Section("Training", blocks)


def _test(findings: Findings, figures: Figures, numbers: Numbers) -> Section:
    confusions = tables.confusions(findings)
    classes: list[Shown] = [
        tables.per_class(findings),
        *_pictures(figures, "confusion_matrix"),
        *([confusions] if confusions else []),
        *_pictures(figures, "f1"),
    ]
    blocks = [
        *numbers.introduced(
            evaluation_text.accuracy(findings),
            evaluation_text.retrained(findings),
            evaluation_text.classes(findings),
            confusions_text.patterns(findings.metrics),
            shown=classes,
        ),
        *numbers.introduced(
            evaluation_text.calibration(findings),
            shown=_pictures(figures, "reliability", "roc_pr"),
        ),
    ]
    return Section("Test", blocks)


def _hardest(findings: Findings, figures: Figures, numbers: Numbers) -> Section:
    hardest = findings.hardest
    first, *rest = hardest_text.paragraphs(hardest)
    blocks = [
        *numbers.introduced(first, shown=_pictures(figures, "hardest_confusions")),
        *numbers.introduced(*rest, shown=_pictures(figures, "gallery")),
        *numbers.introduced(
            images_text.occlusion(findings), shown=_pictures(figures, "occlusion")
        ),
        *numbers.introduced(
            f"{hardest_text.similarity(hardest)} {images_text.contrast(findings)}".strip(),
            shown=_pictures(figures, "mean_images", "embedding"),
        ),
    ]
    name = "none" if hardest.flawless else hardest.metrics.name
    return Section(f"The hardest class: {name}", blocks)


def _appendix(findings: Findings, numbers: Numbers) -> Section:
    shown = [tables.hyperparameters(findings)]
    return Section("Appendix: all settings", numbers.introduced(shown=shown))


def _footnote(findings: Findings) -> str:
    if findings.view.is_single_run:
        return f"Run {findings.view.name}. Generated by python -m analysis from its files."
    searched = listed([short(key) for key in findings.view.spaces]) or "none"
    return (
        f"Trial {findings.chosen.number} of study {findings.view.name}: "
        f"{counted(len(findings.view.trials), 'trial')}, searched parameters: {searched}. "
        "Generated by python -m analysis from the files of the study."
    )
