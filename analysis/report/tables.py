"""The tables of the report, built from the findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.measure.against import Against
from analysis.measure.comparisons import epochs_of, seconds_of
from analysis.measure.findings import Findings
from analysis.measure.metrics import MANY_CLASSES
from analysis.report.document import Table
from analysis.wording import all_settings, counted, number, objective_value, percent, short
from hydra_tailor.space.grammar import encode_bare
from tailor import names
from tailor.data.notes import listed
from tailor.models.summary import Layer, ModelSummary


def trials(findings: Findings, *, top: int | None) -> Table:
    """The best `top` trials and the analysed one, or all trials of any state."""
    view = findings.view
    complete = list(view.ranked)
    shown = [*complete, *(trial for trial in view.trials if not trial.values)]
    if top is not None:
        shown = complete[:top]
        if findings.chosen.number not in {trial.number for trial in shown}:
            shown.append(findings.chosen)
    keys = list(view.spaces)
    rows = [
        [
            str(trial.number),
            *(
                objective_value(name, value)
                for name, value in zip(view.objectives, trial.values, strict=False)
            ),
            *([trial.state] * (len(view.objectives) if not trial.values else 0)),
            *(number(trial.params[key]) if key in trial.params else "" for key in keys),
            f"{seconds_of(trial):.0f}",
            number(trial.facts.get(names.PARAMETERS, "")),
        ]
        for trial in shown
    ]
    return Table(
        name="trials",
        caption=_trials_caption(len(complete), len(shown), top),
        header=[
            "trial",
            *(short(name) for name in view.objectives),
            *(short(key) for key in keys),
            "seconds",
            "parameters",
        ],
        rows=rows,
        align=["right"] * (3 + len(view.objectives) + len(keys)),
        marked=[i for i, trial in enumerate(shown) if trial.number == findings.chosen.number],
        sortable=True,
    )


def _trials_caption(complete: int, shown: int, top: int | None) -> str:
    if top is None:
        return "All trials, best first. The analysed trial is bold."
    if not complete:
        return "No trial is complete. The analysed trial is bold."
    best = min(top, complete)
    position = " and appears below them" if shown > best else ""
    return (
        f"The best {best} of {counted(complete, 'complete trial')}, best first. The analysed "
        f"trial is bold{position}."
    )


def layers(summary: ModelSummary) -> Table:
    # Layers without an effect in evaluation mode are left out.
    shown = [layer for layer in summary.layers if layer.kind not in ("Dropout", "Identity")]
    return Table(
        name="layers",
        caption=(
            f"The layers in execution order: {summary.parameters:,} parameters, "
            f"{summary.multiply_adds:,} multiply-adds per image{_outside_layers(summary)}."
        ),
        header=["layer", "kernel", "stride", "padding", "output", "parameters", "multiply-adds"],
        rows=[_layer(layer) for layer in shown],
        align=["left", "right", "right", "right", "right", "right", "right"],
    )


def _outside_layers(summary: ModelSummary) -> str:
    outside = summary.multiply_adds_outside_layers
    return f", {outside:,} of them in attention, outside the layers" if outside else ""


def _layer(layer: Layer) -> list[str]:
    def cell(value: int | None) -> str:
        return "" if value is None else str(value)

    kernel = f"{layer.kernel} x {layer.kernel}" if layer.kernel else ""
    return [
        layer.kind,
        kernel,
        cell(layer.stride),
        cell(layer.padding),
        " x ".join(f"{side:,}" for side in layer.out_shape),
        f"{layer.parameters:,}" if layer.parameters else "",
        f"{layer.multiply_adds:,}" if layer.multiply_adds else "",
    ]


def hyperparameters(findings: Findings) -> Table:
    """All settings of the run; the searched ones are marked."""
    settings = all_settings(findings.config)
    searched = [i for i, key in enumerate(settings) if _searched(key, findings.chosen.params)]
    return Table(
        name="hyperparameters",
        caption=f"All settings of the run.{' The searched ones are bold.' * bool(searched)}",
        header=["setting", "value"],
        rows=[[key, encode_bare(value)] for key, value in settings.items()],
        align=["left", "left"],
        marked=searched,
    )


def _searched(key: str, params: Mapping[str, Any]) -> bool:
    """Whether a setting, or the group that it belongs to (`augment`), was searched."""
    return any(key == param or key.startswith(f"{param}.") for param in params)


def against(findings: Findings, other: Against) -> Table:
    """The analysed trial and the other one, one column each."""
    validation = [trial.facts.get(names.VAL_ACCURACY) for trial in (findings.chosen, other.trial)]
    rows = [
        [
            "validation accuracy",
            *("" if value is None else percent(value, 2) for value in validation),
        ],
        ["test accuracy", percent(findings.metrics.accuracy, 2), percent(other.accuracy, 2)],
        ["parameters", f"{findings.summary.parameters:,}", f"{other.parameters:,}"],
        ["epochs run", f"{findings.epochs}", f"{epochs_of(other.trial)}"],
        ["seconds", f"{findings.seconds:.0f}", f"{seconds_of(other.trial):.0f}"],
        *([key, *values] for key, values in other.differing.items()),
    ]
    return Table(
        name="against",
        caption="The analysed configuration and the other one, with all settings that differ.",
        header=["", "analysed", "other"],
        rows=rows,
        align=["left", "right", "right"],
    )


def epochs(findings: Findings) -> Table:
    return Table(
        name="epochs",
        caption=(
            "Loss and accuracy per epoch. The weights of the bold epoch were kept. Training "
            "values are running means over the epoch."
        ),
        header=[
            "epoch",
            "learning rate",
            "training loss",
            "training accuracy",
            "validation loss",
            "validation accuracy",
            "seconds",
        ],
        rows=[
            [
                f"{row[names.EPOCH]:.0f}",
                f"{row[names.LR]:.2g}",
                f"{row[names.TRAIN_LOSS]:.4f}",
                percent(row[names.TRAIN_ACCURACY], 2),
                f"{row[names.VAL_LOSS]:.4f}",
                percent(row[names.VAL_ACCURACY], 2),
                f"{row[names.SECONDS]:.1f}",
            ]
            for row in findings.history
        ],
        align=["right"] * 7,
        marked=[findings.best_epoch - 1],
    )


def per_class(findings: Findings) -> Table:
    metrics = findings.metrics
    total = len(metrics.present)
    shown = metrics.extremes
    if len(shown) == total:
        caption = "Test results per class"
        shown = sorted(shown)
    else:
        half = len(shown) // 2
        caption = (
            f"Test results of the {half} classes with the lowest and the {half} with the highest "
            f"F1 of {total}; all of them are in per_class.csv"
        )
    rows = [
        [
            row.name,
            f"{row.precision:.3f}",
            f"{row.recall:.3f}",
            f"{row.f1:.3f}",
            percent(row.accuracy, 2),
            f"{row.support:,}",
        ]
        for row in (metrics.per_class[index] for index in shown)
    ]
    rows.append(
        [
            "mean of the classes" if len(shown) == total else f"mean of all {total}",
            f"{metrics.macro_precision:.3f}",
            f"{metrics.macro_recall:.3f}",
            f"{metrics.macro_f1:.3f}",
            percent(metrics.macro_accuracy, 2),
            f"{metrics.size:,}",
        ]
    )
    absent = f" Classes without test images: {listed(metrics.absent)}." if metrics.absent else ""
    return Table(
        name="per_class",
        caption=(
            f"{caption}. The lowest F1 is bold. Accuracy is that of the decision "
            f"between the class and all others.{absent}"
        ),
        header=["class", "precision", "recall", "F1", "accuracy", "images"],
        rows=rows,
        align=["left", "right", "right", "right", "right", "right"],
        marked=[shown.index(index) for index in metrics.lowest_classes if index in shown],
    )


def confusions(findings: Findings) -> Table | None:
    """The most frequent confusions, if the matrix has too many classes to be readable."""
    metrics = findings.metrics
    if len(metrics.per_class) <= MANY_CLASSES:
        return None
    wrong = metrics.confusion - np.diag(np.diag(metrics.confusion))
    order = np.argsort(wrong, axis=None, kind="stable")[::-1][: MANY_CLASSES // 2]
    pairs = [divmod(int(index), len(wrong)) for index in order]
    rows = [
        [
            metrics.per_class[true].name,
            metrics.per_class[predicted].name,
            f"{wrong[true, predicted]:,}",
            percent(metrics.shares[true, predicted]),
        ]
        for true, predicted in pairs
        if wrong[true, predicted]
    ]
    return Table(
        name="confusions",
        caption=(
            f"The {len(rows)} most frequent of {int((wrong > 0).sum()):,} different confusions; "
            "all of them are in confusion_matrix.csv."
        ),
        header=["true class", "predicted as", "images", "share of the true class"],
        rows=rows,
        align=["left", "left", "right", "right"],
    )
