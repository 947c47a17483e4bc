"""The report of one analysis: its sections, filled from facts."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.explain import hardest_text, limits_text, model_text, search_text, test_text
from analysis.facts import Facts
from analysis.figures.spec import Figure
from analysis.losses import training_loss
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
from analysis.wording import class_name, counted, duration, listed, number, percent, short

Figures = Mapping[str, Figure]
"""Figures by name; one that could not be drawn for this study is not among them."""


def write(facts: Facts, figures: Figures, *, top: int, date: str) -> Document:
    """Assemble the document. Every sentence in it depends on the facts of this analysis."""
    data = facts.test_name or facts.config.data.name
    return Document(
        title=f"{data}: trial {facts.chosen.number} of {facts.view.name}",
        subtitle=f"Report of a hyperparameter search, {date}",
        answer=answer(facts),
        glance=_glance(facts),
        sections=[
            _selection(facts, figures, top),
            _model(facts, figures),
            _training(facts, figures),
            _test(facts, figures),
            _hardest(facts, figures),
            Section("Limits and next steps", [Bullets(limits_text.limits(facts))]),
        ],
        footnote=_footnote(facts),
    )


def answer(facts: Facts) -> str:
    found, low = facts.metrics, facts.hardest.metrics
    settings = search_text.settings(dict(facts.chosen.params))
    text = (
        f"{'The best' if facts.is_best else 'The analysed'} configuration"
        f"{f' ({settings})' if settings else ''} classifies "
        f"{percent(found.accuracy, 2)} of {found.size:,} test images correctly. "
    )
    if facts.hardest.flawless:
        return text + "No class has a mistake."
    closest = facts.hardest.closest
    text += f"Its weakest class is {class_name(low.name)} (F1 {low.f1:.3f})"
    if closest is not None:
        name = next(kin.name for kin in facts.hardest.alike if kin.index == closest)
        text += f", which it confuses most often with {class_name(name)}"
    return text + "."


def _glance(facts: Facts) -> list[tuple[str, str]]:
    summary, found = facts.summary, facts.metrics
    goals = [f"{goal:.0%}: {'yes' if found.accuracy >= goal else 'no'}" for goal in (0.90, 0.95)]
    padding = {
        "same": "yes, same size",
        "valid": "no",
        "mixed": "in some layers",
        "none": "no convolution",
    }
    return [
        ("Configuration", search_text.settings(dict(facts.chosen.params)) or "nothing searched"),
        ("Convolutional layers", str(summary.convolutions)),
        ("Padding", padding[summary.padding]),
        ("Pooling", listed(summary.pooling) or "none"),
        ("Features into the last layer", f"{summary.head_in:,} ({summary.head_arithmetic})"),
        ("Parameters", f"{summary.parameters:,}"),
        ("Epochs", f"{facts.epochs}, weights of epoch {facts.best_epoch}"),
        (
            "Test accuracy",
            f"{percent(found.accuracy, 2)} (95 % interval {percent(found.accuracy_low, 2)} to "
            f"{percent(found.accuracy_high, 2)})",
        ),
        ("Goals reached", "; ".join(goals)),
        ("Lowest F1", f"{facts.hardest.metrics.name}, {facts.hardest.metrics.f1:.3f}"),
    ]


def _pictures(figures: Figures, *names: str, width: float = 1.0) -> list[Block]:
    return [Picture(figures[name], width) for name in names if name in figures]


def _texts(*texts: str) -> list[Block]:
    return [Text(text) for text in texts if text]


def _tables(*found: Table | None) -> list[Block]:
    return [table for table in found if table is not None]


def _selection(facts: Facts, figures: Figures, top: int) -> Section:
    blocks: list[Block] = [
        *_texts(search_text.winner(facts), search_text.certainty(facts)),
        tables.trials(facts, top=top),
        *_texts(search_text.pareto(facts)),
        *_pictures(figures, "history", "front", width=0.86),
        *_texts(*search_text.matters(facts)),
        *_pictures(figures, "importances", width=0.7),
        *_pictures(figures, "effects", "parallel"),
        *_texts(search_text.saving(facts)),
        *_pictures(figures, "learning_curves", "cost", width=0.86),
    ]
    return Section("Selection", blocks)


def _model(facts: Facts, figures: Figures) -> Section:
    return Section(
        "The model",
        [
            *_texts(model_text.architecture(facts)),
            *_pictures(figures, "architecture"),
            tables.layers(facts.summary),
            *_texts(_circumstances(facts)),
            tables.hyperparameters(facts),
        ],
    )


def _circumstances(facts: Facts) -> str:
    config, machine = facts.config, facts.machine
    optimizer = str(config.optimizer["_target_"]).rpartition(".")[2]
    schedule = str(config.scheduler["_target_"]).rpartition(".")[2].replace("_", " ")
    text = (
        f"It was trained with {optimizer} (peak learning rate {number(config.optimizer['lr'])}), "
        f"schedule {schedule}, loss {training_loss(config)}, "
        f"{config.training.batch_size} images a step, "
        f"{counted(facts.epochs, 'epoch')} and seed {config.seed}, on "
        f"{facts.sizes['training']:,} training images; {facts.sizes['validation']:,} validation "
        f"images ranked epochs and trials"
    )
    if machine:
        text += f". It took {duration(facts.seconds)}" if facts.seconds else ". It ran"
        text += (
            f" on {machine.get('hardware')} ({machine.get('device')}, "
            f"{machine.get('threads')} threads) with torch {machine.get('torch')}, Python "
            f"{machine.get('python')}, tailor {machine.get('tailor')}"
        )
        if machine.get("commit"):
            text += f" at commit {machine['commit']}"
    return text + "."


def _training(facts: Facts, figures: Figures) -> Section:
    blocks: list[Block] = [*_texts(*model_text.course(facts)), *_pictures(figures, "curves")]
    if facts.history:
        blocks.append(tables.epochs(facts))
    blocks += [*_texts(model_text.budgets(facts)), *_pictures(figures, "budgets")]
    return Section("Training", blocks)


def _test(facts: Facts, figures: Figures) -> Section:
    blocks: list[Block] = [
        *_texts(
            test_text.accuracy(facts),
            test_text.retrained(facts),
            test_text.classes(facts),
        ),
        tables.per_class(facts),
        *_pictures(figures, "f1", width=0.86),
        *_pictures(figures, "confusion_matrix", width=0.94),
        *_tables(tables.confusions(facts)),
        *_texts(test_text.calibration(facts)),
        *_pictures(figures, "reliability", "roc_pr"),
    ]
    return Section("Test", blocks)


def _hardest(facts: Facts, figures: Figures) -> Section:
    first, *rest = hardest_text.paragraphs(facts.hardest)
    return Section(
        f"The hardest class: {'none' if facts.hardest.flawless else facts.hardest.metrics.name}",
        [
            *_texts(first),
            *_pictures(figures, "hardest_confusions"),
            *_texts(*rest),
            *_pictures(figures, "gallery", "embedding"),
        ],
    )


def _footnote(facts: Facts) -> str:
    searched = listed([short(key) for key in facts.view.spaces]) or "nothing"
    return (
        f"Study {facts.view.name}: {len(facts.view.trials)} trials over {searched}. "
        "Written by python -m analysis from the study's own files."
    )
