"""The best trials of a study, in a line and in a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import stdev
from typing import Literal

from optuna.trial import FrozenTrial
from rich import box
from rich.table import Table

from hydra_tailor import names
from hydra_tailor.study.ranking import complete, first_ranked, further_values, mean, ranked
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.view.wording import parameters, short, short_names

MAX_ROWS = 10
NUMBER_WIDTH = 6
"""Characters of a number with four digits."""
GAP = 2
"""Characters between two columns."""


def best_line(shared: SharedStudy, trials: Sequence[FrozenTrial]) -> str:
    """The best trial and its value; empty while no trial is complete."""
    if len(shared.study.directions) > 1:
        n = len(shared.study.best_trials) if complete(trials) else 0
        return f"{n} trials on the Pareto front" if n else ""
    best = first_ranked(shared.study, trials)
    if best is None:
        return ""
    n_seeds, mean, _ = _over_seeds(best, further_values(trials))
    confirmed = f", mean of {n_seeds} seeds {mean}" if mean else ""
    return f"{best.value:.5g} in trial {best.number}{confirmed}"


def best_table(
    shared: SharedStudy,
    trials: Sequence[FrozenTrial],
    *,
    width: int,
    objectives: Sequence[str] = ("value",),
) -> Table:
    """The best trials of one objective, or the Pareto front of several, as a table.

    Args:
        shared: the study.
        trials: the study's trials.
        width: the terminal's width. If a column per parameter does not fit, one column holds all.
        objectives: the names of the values.
    """
    study = shared.study
    single = len(study.directions) == 1
    shown = ranked(study, trials)[:MAX_ROWS] if single else study.best_trials
    searched = list(dict.fromkeys(name for trial in shown for name in trial.params))
    title = f"best trials of {study.study_name}" if single else "Pareto front"
    table = Table(title=title, box=box.SIMPLE_HEAVY, pad_edge=False, collapse_padding=True)
    reported = any(trial.intermediate_values for trial in shown)
    counts = ["epochs run"] if reported else []
    further = further_values(trials) if single else {}
    confirmed = ["seeds", "mean", "deviation"] if further else []
    labels = dict(zip(searched, short_names(searched), strict=True))
    shown_as = list(labels.values())
    fixed = ["trial", *objectives, *confirmed, *counts, "seconds"]
    narrow = sum(map(narrowest, [*fixed, *shown_as])) > width
    add_columns(table, fixed)
    add_columns(
        table, ["parameters"] if narrow else shown_as, justify="left" if narrow else "right"
    )
    for trial in shown:
        seconds = trial.user_attrs.get(names.SECONDS) or (
            trial.duration.total_seconds() if trial.duration else 0.0
        )
        by_label = {labels[name]: trial.params[name] for name in trial.params}
        table.add_row(
            str(trial.number),
            *(f"{value:.5g}" for value in trial.values),
            *(_over_seeds(trial, further) if confirmed else ()),
            *([_epochs_run(trial)] if reported else []),
            f"{seconds:.1f}",
            *(
                [parameters(by_label)]
                if narrow
                else (short(trial.params.get(name, "")) for name in searched)
            ),
        )
    return table


def _over_seeds(
    trial: FrozenTrial, further: Mapping[int, Sequence[float]]
) -> tuple[str, str, str]:
    """Number, mean and standard deviation of a trial's values, if there are several."""
    values = [trial.values[0], *further.get(trial.number, ())]
    if len(values) == 1:
        return "", "", ""
    deviation = stdev(values) if all(map(math.isfinite, values)) else math.nan
    return str(len(values)), f"{mean(values):.5g}", f"{deviation:.2g}"


def _epochs_run(trial: FrozenTrial) -> str:
    return str(trial.user_attrs.get(names.EPOCHS_RUN, len(trial.intermediate_values)))


def add_columns(
    table: Table, labels: Sequence[str], *, justify: Literal["left", "right"] = "right"
) -> None:
    """Add columns whose headers fold between the words of a key; numbers stay whole."""
    for label in labels:
        table.add_column(label.replace("_", " "), justify=justify, overflow="fold")


def narrowest(label: str) -> int:
    """Characters that a column needs: those of its longest word or of a number, and a gap."""
    return max(NUMBER_WIDTH, *map(len, label.replace("_", " ").split())) + GAP
