"""Figures of a search: its history, parameter importances, cost, the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from analysis.figures.spec import (
    BLACK,
    BLUE,
    GREY,
    VERMILLION,
    Bars,
    Figure,
    Guide,
    Line,
    Panel,
    Points,
)
from analysis.measure.comparisons import front, knee, seconds_of
from analysis.measure.importances import Importances
from analysis.read.study import PRUNED, StudyView, Trial
from analysis.wording import listed, number, objective_value, percent, short
from tailor import names


def hover_text(view: StudyView, trial: Trial) -> str:
    """The hover text of a trial."""
    lines = [f"trial {trial.number} ({trial.state})"]
    lines += [
        f"{short(name)} {objective_value(name, value)}"
        for name, value in zip(view.objectives, trial.values, strict=False)
    ]
    lines += [f"{short(key)} {number(value)}" for key, value in trial.params.items()]
    return "\n".join(lines)


def is_accuracy(view: StudyView) -> bool:
    return view.objectives[0] == names.VAL_ACCURACY


def history(view: StudyView, chosen: Trial) -> Figure:
    complete = list(view.in_state("complete"))
    pick = max if view.maximize[0] else min
    best = list(accumulate((trial.values[0] for trial in complete), pick))
    pruned = [
        (trial, trial.history[-1].get(view.objectives[0]))
        for trial in view.in_state(PRUNED)
        if trial.history
    ]
    stopped = [(trial, value) for trial, value in pruned if value is not None]
    marks: list[Any] = [
        Line(
            x=[trial.number for trial in complete],
            y=best,
            name="best so far",
            color=BLACK,
            width=1.2,
            steps=True,
        ),
        Points(
            x=[trial.number for trial in complete],
            y=[trial.values[0] for trial in complete],
            name="complete",
            color=BLUE,
            hover=[hover_text(view, trial) for trial in complete],
        ),
    ]
    if stopped:
        marks.append(
            Points(
                x=[trial.number for trial, _ in stopped],
                y=[value for _, value in stopped],
                name="pruned (last epoch)",
                color=GREY,
                marker="cross",
                hover=[hover_text(view, trial) for trial, _ in stopped],
            )
        )
    if chosen.values:
        marks.append(star(view, chosen, [chosen.number], [chosen.values[0]]))
    crosses = " Crosses are pruned trials at their last epoch." if stopped else ""
    return Figure(
        name="history",
        caption=(
            f"Optimisation history: {short(view.objectives[0])} of each complete trial in order "
            f"of start, and the best value so far.{crosses}{star_caption(chosen)}"
        ),
        panels=[
            Panel(
                marks=marks,
                x_label="trial",
                x_integer=True,
                y_label=short(view.objectives[0]),
                y_percent=is_accuracy(view),
            )
        ],
        height=2.6,
    )


def star(view: StudyView, chosen: Trial, x: Sequence[float], y: Sequence[float]) -> Points:
    return Points(
        x=x,
        y=y,
        name=f"trial {chosen.number}",
        color=VERMILLION,
        marker="star",
        size=11,
        hover=[hover_text(view, chosen)] * len(x),
    )


def star_caption(chosen: Trial) -> str:
    """The end of a caption; only a complete trial has a star."""
    return " The star is the analysed trial." if chosen.values else ""


def importances(view: StudyView, measured: Importances) -> Figure:
    entries = list(measured.shares.items())
    by = f" by {short(view.objectives[0])}" if len(view.objectives) > 1 else ""
    return Figure(
        name="importances",
        caption=(
            "Importance of each searched parameter for separating the top tenth of the "
            f"{measured.trials} complete trials{by} from the rest (PED-ANOVA). The dashed line is "
            "chance: with the values shuffled among the trials, the largest share is below it in "
            "95 % of cases."
        ),
        panels=[
            Panel(
                marks=[
                    Bars(
                        labels=[short(key) for key, _ in entries],
                        values=[value for _, value in entries],
                        texts=[percent(value, 0) for _, value in entries],
                        hover=[f"{key}\n{percent(value)}" for key, value in entries],
                    )
                ],
                x_label="share of importance",
                x_percent=True,
                guides=[
                    Guide(
                        measured.by_chance,
                        f"chance: {percent(measured.by_chance, 0)}",
                        vertical=True,
                    )
                ],
            )
        ],
        height=0.36 * len(entries) + 0.9,
    )


def cost(view: StudyView, chosen: Trial) -> Figure:
    """Value against seconds of each complete trial, or the front of several objectives."""
    trials = view.ranked
    several = len(view.objectives) > 1
    second = view.objectives[1] if several else names.SECONDS

    def x_value(trial: Trial) -> float:
        return trial.values[1] if several else seconds_of(trial)

    marks: list[Any] = [
        Points(
            x=[x_value(trial) for trial in trials],
            y=[trial.values[0] for trial in trials],
            name="complete",
            color=BLUE,
            size=5,  # the squares of the front, on top, are no smaller
            hover=[hover_text(view, trial) for trial in trials],
        )
    ]
    if several:
        marks.append(_front(view))
    if chosen.values:
        marks.append(star(view, chosen, [x_value(chosen)], [chosen.values[0]]))
    caption = _front_caption(view) if several else _cost_caption(view)
    if names.SECONDS in (second, *view.objectives):
        caption += " Seconds are wall-clock time; other programs may have been running."
    return Figure(
        name="front" if several else "cost",
        caption=caption + star_caption(chosen),
        panels=[
            Panel(
                marks=marks,
                x_label="seconds of training" if second == names.SECONDS else short(second),
                y_label=short(view.objectives[0]),
                y_percent=is_accuracy(view),
                legend=several,
            )
        ],
        height=2.5,
    )


def _cost_caption(view: StudyView) -> str:
    return f"{short(view.objectives[0]).capitalize()} and training time of each complete trial."


def _front(view: StudyView) -> Line | Points:
    """The front in its first two objectives; a line only if there are no others."""
    best = sorted(front(view), key=lambda trial: trial.values[1])
    form = Line if len(view.objectives) == 2 else Points
    return form(
        x=[trial.values[1] for trial in best],
        y=[trial.values[0] for trial in best],
        name="Pareto front",
        color=BLACK,
        marker="square",
        hover=[hover_text(view, trial) for trial in best],
    )


def _front_caption(view: StudyView) -> str:
    two = len(view.objectives) == 2
    dominance = (
        ": no trial is better than one on the line in both objectives"
        if two
        else ", drawn for the first two: no trial is better than a square in all of them"
    )
    return (
        f"Pareto front of {listed([short(name) for name in view.objectives])}{dominance}. "
        f"Its knee is trial {knee(view, front(view)).number}."
    )
