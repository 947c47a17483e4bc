"""The best trials of a study, in a line and in a table."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial
from rich import box
from rich.table import Table

from hydra_tailor import names
from hydra_tailor.study.ranking import best_of, complete, ranked
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.view.wording import short, short_names

MAX_ROWS = 10


def best_line(shared: SharedStudy, trials: Sequence[FrozenTrial]) -> str:
    """The best trial and its value; empty while no trial is complete."""
    if not complete(trials):
        return ""
    if len(shared.study.directions) > 1:
        return f"{len(shared.study.best_trials)} trials on the Pareto front"
    best = best_of(shared.study, trials)
    return f"{best.value:.5g} in trial {best.number}"


def best_table(shared: SharedStudy, trials: Sequence[FrozenTrial]) -> Table:
    """The best trials of one objective, or the Pareto front of several, as a table."""
    study = shared.study
    single = len(study.directions) == 1
    shown = ranked(study, trials)[:MAX_ROWS] if single else study.best_trials
    searched = list(dict.fromkeys(name for trial in shown for name in trial.params))
    values = (
        ["value"] if single else [f"value {index + 1}" for index in range(len(study.directions))]
    )
    title = f"best trials of {study.study_name}" if single else "Pareto front"
    table = Table(title=title, box=box.SIMPLE_HEAVY, pad_edge=False, collapse_padding=True)
    for column in ("trial", *values, *short_names(searched), "epochs run", "seconds"):
        # On a narrow terminal a key folds between its words, and numbers stay whole.
        table.add_column(column.replace("_", " "), justify="right", overflow="fold")
    for trial in shown:
        seconds = trial.user_attrs.get(names.SECONDS) or (
            trial.duration.total_seconds() if trial.duration else 0.0
        )
        table.add_row(
            str(trial.number),
            *(f"{value:.5g}" for value in trial.values),
            *(short(trial.params.get(name, "")) for name in searched),
            str(trial.user_attrs.get(names.EPOCHS_RUN, len(trial.intermediate_values) or "")),
            f"{seconds:.1f}",
        )
    return table
