"""Figures of the searched parameters: their effects, and their combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.figures.search import hover_text, is_accuracy, star, star_caption
from analysis.figures.spec import BLACK, BLUE, LIGHT, SKY, VERMILLION, Figure, Line, Panel, Points
from analysis.measure.comparisons import MAX_PRUNED_SHARE, MIN_TRIALS_FOR_MEDIAN, Level
from analysis.read.study import Space, StudyView, Trial
from analysis.wording import number, objective_value, percent, short


def effects(view: StudyView, chosen: Trial, levels: Mapping[str, Sequence[Level]]) -> Figure:
    """The value of each complete trial against each parameter, with the best and the medians."""
    drawn = any(key in chosen.params for key in levels)
    return Figure(
        name="effects",
        caption=(
            f"Effect of each searched parameter on {short(view.objectives[0])}. Dots are trials. "
            "The solid line joins the best trial of each value. The interval of a continuous "
            "parameter is split into parts with equal numbers of trials."
            f"{_medians_caption(levels)}{star_caption(chosen) if drawn else ''}"
        ),
        panels=[_effect(view, chosen, key, entries) for key, entries in levels.items()],
        columns=2,
        height=2.35 * -(-len(levels) // 2),
    )


def _medians_caption(levels: Mapping[str, Sequence[Level]]) -> str:
    medians = [level.median for entries in levels.values() for level in entries]
    if not any(median is not None for median in medians):
        return ""
    text = " The dashed line joins the medians"
    if None in medians:
        text += (
            f" of values with at least {MIN_TRIALS_FOR_MEDIAN} complete and at most "
            f"{percent(MAX_PRUNED_SHARE, 0)} pruned trials"
        )
    return f"{text}; that of a part is drawn at its mean."


def _effect(view: StudyView, chosen: Trial, key: str, levels: Sequence[Level]) -> Panel:
    space = view.spaces[key]
    position = _axis_position(space.levels)
    trials = [trial for trial in view.ranked if key in trial.params]
    with_median = [level for level in levels if level.median is not None]
    # Trials are ranked, so the first one of a level is its best. It is drawn at its own value, not
    # at the mean of its part.
    best = [next(trial for trial in trials if trial.number in level.trials) for level in levels]
    marks: list[Any] = [
        Points(
            x=[position(trial.params[key]) for trial in trials],
            y=[trial.values[0] for trial in trials],
            color=SKY,
            opacity=0.75,
            size=5,
            hover=[hover_text(view, trial) for trial in trials],
        ),
        Line(
            x=[position(trial.params[key]) for trial in best],
            y=[trial.values[0] for trial in best],
            name="best",
            color=BLUE,
            marker="square",
        ),
    ]
    if with_median:
        marks.append(
            Line(
                x=[position(level.value) for level in with_median],
                y=[level.median for level in with_median if level.median is not None],
                name="median",
                color=BLACK,
                dash="dash",
                marker="circle",
            )
        )
    if chosen.values and key in chosen.params:
        marks.append(star(view, chosen, [position(chosen.params[key])], [chosen.values[0]]))
    return Panel(
        title=short(key),
        marks=marks,
        y_label=short(view.objectives[0]),
        x_log=_is_log(space),
        y_percent=is_accuracy(view),
        x_ticks=None
        if space.levels is None
        else [(position(value), number(value)) for value in space.levels],
        legend=False,
    )


def _axis_position(levels: Sequence[Any] | None) -> Any:
    """The position of a value on its axis: the rank of a listed value, or the value itself."""
    if levels is None:
        return float
    ranks = {value: rank for rank, value in enumerate(levels)}
    return lambda value: ranks[value]


def _is_log(space: Space) -> bool:
    """Whether the axis is logarithmic; listed values are drawn at their ranks, from 0."""
    return space.log and space.levels is None


def parallel(view: StudyView, chosen: Trial) -> Figure:
    """Parallel coordinates: every complete trial as a line."""
    trials = view.ranked[::-1]
    keys = [key for key in view.spaces if all(key in trial.params for trial in trials)]
    columns = [_scaled(view, key, trials) for key in keys]
    values = np.array([trial.values[0] for trial in trials])
    span = np.ptp(values) or 1.0
    heights = [*columns, list((values - values.min()) / span)]
    thick = f"; trial {chosen.number} is thick" if chosen in trials else ""
    top = len(trials) - max(1, round(len(trials) / 4))
    marks = []
    for rank, trial in enumerate(trials):
        is_chosen = trial.number == chosen.number
        color = VERMILLION if is_chosen else BLUE if rank >= top else LIGHT
        marks.append(
            Line(
                x=list(range(len(heights))),
                y=[column[rank] for column in heights],
                color=color,
                width=2.6 if is_chosen else 1.2 if rank >= top else 0.9,
                dash="solid" if rank >= top else "dot",
                name=f"trial {trial.number}" if is_chosen else "",
                hover=[hover_text(view, trial)] * len(heights),
            )
        )
    marks.sort(key=lambda line: line.width)
    first = view.objectives[0]
    ends = [objective_value(first, float(value)) for value in (values.min(), values.max())]
    axes = [
        *(_axis(short(key), _ends(view, key, trials)) for key in keys),
        _axis(short(first), ends),
    ]
    return Figure(
        name="parallel",
        caption=(
            "Parallel coordinates: each line is a complete trial and shows its value on each "
            "axis, from the lowest (bottom) to the highest value tried (top). The best quarter is "
            f"blue and solid{thick}."
        ),
        panels=[
            Panel(
                marks=marks,
                x_ticks=list(enumerate(axes)),
                x_range=(-0.4, len(axes) - 0.6),  # room for half a label
                y_range=(-0.05, 1.05),
                y_label="low to high",
                legend=False,
            )
        ],
        height=3.2,
    )


def _scaled(view: StudyView, key: str, trials: Sequence[Trial]) -> list[float]:
    space = view.spaces[key]
    position = _axis_position(space.levels)
    raw = np.array([position(trial.params[key]) for trial in trials], dtype=float)
    raw = np.log(raw) if _is_log(space) else raw
    span = float(np.ptp(raw))
    return list((raw - raw.min()) / span) if span else [0.5] * len(raw)


def _axis(name: str, ends: Sequence[str]) -> str:
    """The name of an axis and its range, in lines so short that a phone shows all axes."""
    lowest, highest = ends
    return "\n".join(
        [*name.split(), *([lowest] if lowest == highest else [lowest, f"to {highest}"])]
    )


def _ends(view: StudyView, key: str, trials: Sequence[Trial]) -> list[str]:
    position = _axis_position(view.spaces[key].levels)
    values = sorted((trial.params[key] for trial in trials), key=position)
    return [number(values[0]), number(values[-1])]
